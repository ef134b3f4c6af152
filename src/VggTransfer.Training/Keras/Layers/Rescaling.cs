namespace VggTransfer.Keras.Layers;

/// <summary><c>x * scale + offset</c> (keras/src/layers/preprocessing/image_preprocessing.py).</summary>
public sealed class Rescaling : Layer
{
    /// <param name="scale">The factor: 1.0 / 255 turns pixels into 0 to 1.</param>
    /// <param name="offset">What is added.</param>
    /// <param name="inputShape">(height, width, channels), where this is the first layer.</param>
    /// <param name="name">The layer's name.</param>
    public Rescaling(double scale, double offset = 0, (int Height, int Width, int Channels)? inputShape = null, string? name = null)
        : base(name)
    {
        Scale = scale;
        Offset = offset;
        DeclaredInputShape = Shapes.OfImage(inputShape);
    }

    /// <summary>The factor.</summary>
    public double Scale { get; }

    /// <summary>What is added.</summary>
    public double Offset { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => inputShape;
}
