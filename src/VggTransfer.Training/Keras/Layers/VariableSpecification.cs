using VggTransfer.Keras.Initializers;
using VggTransfer.Keras.Regularizers;

namespace VggTransfer.Keras.Layers;

/// <summary>A weight that a layer asks for.</summary>
/// <param name="Name">Keras's name in the layer: <c>kernel</c>, <c>bias</c>, <c>gamma</c>, <c>beta</c>, <c>moving_mean</c>, <c>moving_variance</c>.</param>
/// <param name="Shape">Keras's shape: (height, width, in, out) for convolutions, (in, out) for dense layers.</param>
/// <param name="Initializer">Where the values come from.</param>
/// <param name="Trainable">Whether gradient descent may change it; false for batch norm's running statistics.</param>
/// <param name="Regularizer">The penalty on it, or null.</param>
public sealed record VariableSpecification(string Name, IReadOnlyList<int> Shape, Initializer Initializer, bool Trainable = true, Regularizer? Regularizer = null)
{
    /// <summary>How many numbers the weight holds.</summary>
    public long Count => Shape.Aggregate(1L, (product, dimension) => product * dimension);
}
