using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Computes a <see cref="Conv2D"/>.</summary>
internal sealed class ConvolutionLayer : TorchLayer
{
    private readonly Conv2D _convolution;
    private readonly TorchVariable _kernel;
    private readonly TorchVariable? _bias;
    private readonly Padding2D _padding;
    private readonly long[] _strides;

    public ConvolutionLayer(Conv2D convolution, TorchVariable kernel, TorchVariable? bias, TorchDevice device)
        : base(convolution, device)
    {
        _convolution = convolution;
        _kernel = kernel;
        _bias = bias;
        _padding = new Padding2D(convolution.Window, convolution.InputShape);
        _strides = [convolution.Window.Strides.Height, convolution.Window.Strides.Width];
    }

    /// <inheritdoc/>
    public override bool OutputMayBeOverwritten => _convolution.Activation == ActivationFunction.Linear && _convolution.ActivityRegularizer is null;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        x = x.to(Device.ComputeType);
        Tensor output = nn.functional.conv2d(_padding.Apply(x, 0), Maps.FromKeras(_kernel.Leaf), _bias?.Leaf, _strides, _padding.Symmetric);
        return ActivationLayer.Apply(_convolution.Activation, output, overwrites: true, context, Device);
    }
}
