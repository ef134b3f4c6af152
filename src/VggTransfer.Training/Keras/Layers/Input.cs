namespace VggTransfer.Keras.Layers;

/// <summary>What one sample looks like, for models whose first layer doesn't say it.</summary>
public sealed class Input : Layer
{
    /// <param name="shape">One sample's dimensions: (height, width, channels) for images.</param>
    /// <param name="name">The layer's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is below 1.</exception>
    public Input(int[] shape, string? name = null)
        : base(name)
    {
        foreach (int dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1, nameof(shape));
        }

        DeclaredInputShape = [.. shape];
    }

    /// <inheritdoc cref="Input(int[], string)"/>
    public Input((int Height, int Width, int Channels) shape, string? name = null)
        : this([shape.Height, shape.Width, shape.Channels], name) { }

    /// <inheritdoc/>
    public override string ClassName => "InputLayer";

    internal override string BaseName => "input";

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => inputShape;
}
