namespace VggTransfer.Keras.Layers;

/// <summary>The largest value of each window, channel by channel (keras/src/layers/pooling).</summary>
public sealed class MaxPooling2D : Layer
{
    /// <param name="poolSize">Height and width of the window, in pixels; (2, 2) if left out.</param>
    /// <param name="strides">Vertical and horizontal step; the window's size if left out.</param>
    /// <param name="padding"><c>valid</c> (incomplete windows are left out) or <c>same</c>.</param>
    /// <param name="name">The layer's name.</param>
    public MaxPooling2D((int Height, int Width)? poolSize = null, (int Height, int Width)? strides = null, string padding = "valid", string? name = null)
        : base(name) => Window = new Window(poolSize ?? (2, 2), strides ?? poolSize ?? (2, 2), padding);

    internal Window Window { get; }

    internal (int Height, int Width) PoolSize => Window.Size;

    internal (int Height, int Width) Strides => Window.Strides;

    internal string Padding => Window.Same ? "same" : "valid";

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) =>
        inputShape.Count == 3
        ? [.. Window.Output(inputShape[0], inputShape[1], this), inputShape[2]]
        : throw WrongInput(inputShape, "maps (None, height, width, channels)");
}
