namespace VggTransfer.Keras.Layers;

/// <summary>A map to a vector, in the order height, width, channels.</summary>
/// <param name="name">The layer's name.</param>
public sealed class Flatten(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => [Shapes.Count(inputShape)];
}
