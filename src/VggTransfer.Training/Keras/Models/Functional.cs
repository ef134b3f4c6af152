using VggTransfer.Keras.Layers;

namespace VggTransfer.Keras.Models;

/// <summary>A chain of layers that begins with its <see cref="Input"/>, as the models of <c>keras.applications</c> do.</summary>
public sealed class Functional : Model
{
    /// <param name="input">What comes in.</param>
    /// <param name="layers">From the input on.</param>
    /// <param name="name">The model's name, <c>model</c> if left out.</param>
    /// <exception cref="ArgumentException">Two layers have one name, or a layer can't follow.</exception>
    public Functional(Input input, IEnumerable<Layer> layers, string? name = null)
        : base(name)
    {
        Name = name ?? BaseName;
        Append(input);
        foreach (Layer layer in layers)
        {
            Append(layer);
        }
    }

    /// <summary>Keras's class behind the functional API is <c>Model</c>.</summary>
    internal override string BaseName => "model";
}
