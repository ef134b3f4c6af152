using VggTransfer.Keras.Initializers;
using VggTransfer.Keras.Regularizers;

namespace VggTransfer.Keras.Layers;

/// <summary>A convolution over (height, width, channels) maps, stride 1 unless said otherwise (keras/src/layers/convolutional).</summary>
public sealed class Conv2D : Layer
{
    /// <param name="filters">Channels of the output, 1 or more.</param>
    /// <param name="kernelSize">Height and width of the window, in pixels.</param>
    /// <param name="strides">Vertical and horizontal step, in pixels; (1, 1) if left out.</param>
    /// <param name="padding"><c>valid</c> (none) or <c>same</c> (as many zeros as keep the size, the odd one at the end).</param>
    /// <param name="activation"><c>relu</c>, <c>sigmoid</c>, <c>tanh</c>, <c>softmax</c> or null.</param>
    /// <param name="useBias">Whether a bias is added.</param>
    /// <param name="kernelInitializer">Keras's default is glorot_uniform.</param>
    /// <param name="biasInitializer">Keras's default is zeros.</param>
    /// <param name="kernelRegularizer">The penalty on the kernel.</param>
    /// <param name="biasRegularizer">The penalty on the bias.</param>
    /// <param name="activityRegularizer">The penalty on the output, divided by the batch size.</param>
    /// <param name="inputShape">(height, width, channels), where this is the first layer.</param>
    /// <param name="name">The layer's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">A name is unknown.</exception>
    public Conv2D(
        int filters,
        (int Height, int Width) kernelSize,
        (int Height, int Width)? strides = null,
        string padding = "valid",
        string? activation = null,
        bool useBias = true,
        Initializer? kernelInitializer = null,
        Initializer? biasInitializer = null,
        Regularizer? kernelRegularizer = null,
        Regularizer? biasRegularizer = null,
        Regularizer? activityRegularizer = null,
        (int Height, int Width, int Channels)? inputShape = null,
        string? name = null)
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(filters, 1);
        Filters = filters;
        Window = new Window(kernelSize, strides ?? (1, 1), padding);
        Activation = Activations.Find(activation);
        UseBias = useBias;
        KernelInitializer = kernelInitializer ?? "glorot_uniform";
        BiasInitializer = biasInitializer ?? "zeros";
        KernelRegularizer = kernelRegularizer;
        BiasRegularizer = biasRegularizer;
        ActivityRegularizer = activityRegularizer;
        DeclaredInputShape = Shapes.OfImage(inputShape);
    }

    /// <summary>Channels of the output.</summary>
    public int Filters { get; }

    /// <summary>Whether a bias is added.</summary>
    public bool UseBias { get; }

    internal Window Window { get; }

    internal (int Height, int Width) KernelSize => Window.Size;

    internal (int Height, int Width) Strides => Window.Strides;

    internal string Padding => Window.Same ? "same" : "valid";

    internal ActivationFunction Activation { get; }

    internal Initializer KernelInitializer { get; }

    internal Initializer BiasInitializer { get; }

    internal Regularizer? KernelRegularizer { get; }

    internal Regularizer? BiasRegularizer { get; }

    internal override Regularizer? ActivityRegularizer { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) =>
        inputShape.Count == 3
        ? [.. Window.Output(inputShape[0], inputShape[1], this), Filters]
        : throw WrongInput(inputShape, "maps (None, height, width, channels)");

    /// <inheritdoc/>
    protected override IEnumerable<VariableSpecification> CreateVariables(IReadOnlyList<int> inputShape)
    {
        yield return new("kernel", [Window.Size.Height, Window.Size.Width, inputShape[2], Filters], KernelInitializer, Regularizer: KernelRegularizer);
        if (UseBias)
        {
            yield return new("bias", [Filters], BiasInitializer, Regularizer: BiasRegularizer);
        }
    }
}
