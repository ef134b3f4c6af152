namespace VggTransfer.Keras.Layers;

/// <summary>The mean value of each channel of a map.</summary>
/// <param name="name">The layer's name.</param>
public sealed class GlobalAveragePooling2D(string? name = null) : Layer(name)
{
    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) =>
        inputShape.Count == 3 ? [inputShape[2]] : throw WrongInput(inputShape, "maps (None, height, width, channels)");
}
