using System.Collections;
using VggTransfer.Keras.Layers;

namespace VggTransfer.Keras.Models;

/// <summary>
/// Layers one after the other (keras/src/engine/sequential.py): <c>new Sequential { new Conv2D(64, (3, 3)), ... }</c>.
/// The summary doesn't show its <see cref="Input"/>.
/// </summary>
public sealed class Sequential : Model, IEnumerable<Layer>
{
    /// <param name="name">The model's name, <c>sequential</c> if left out.</param>
    public Sequential(string? name = null)
        : base(name) => Name = name ?? "sequential";

    /// <summary>Layers to begin with.</summary>
    /// <param name="layers">From the input on.</param>
    /// <param name="name">The model's name, <c>sequential</c> if left out.</param>
    public Sequential(IEnumerable<Layer> layers, string? name = null)
        : this(name)
    {
        foreach (Layer layer in layers)
        {
            Add(layer);
        }
    }

    /// <summary>Puts a layer at the end.</summary>
    /// <exception cref="ArgumentException">The layer's name is taken, or the layer can't follow.</exception>
    /// <exception cref="InvalidOperationException">The model has computed already.</exception>
    public void Add(Layer layer) => Append(layer);

    /// <summary>Fixes the shapes, where no layer said what comes in.</summary>
    /// <param name="inputShape">One sample's dimensions: (height, width, channels) for images.</param>
    /// <exception cref="ArgumentException">A layer can't take what comes in.</exception>
    public void Build(params int[] inputShape) => BuildFrom(inputShape);

    /// <inheritdoc/>
    public IEnumerator<Layer> GetEnumerator() => Layers.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
