using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Computes a <see cref="MaxPooling2D"/>.</summary>
internal sealed class MaxPoolingLayer : TorchLayer
{
    private readonly Padding2D _padding;
    private readonly long[] _size;
    private readonly long[] _strides;

    public MaxPoolingLayer(MaxPooling2D pooling, TorchDevice device)
        : base(pooling, device)
    {
        Window window = pooling.Window;
        _padding = new Padding2D(window, pooling.InputShape);
        _size = [window.Size.Height, window.Size.Width];
        _strides = [window.Strides.Height, window.Strides.Width];
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context) =>
        nn.functional.max_pool2d(_padding.Apply(x, double.NegativeInfinity), _size, _strides, _padding.Symmetric);
}

/// <summary>Computes an <see cref="AveragePooling2D"/>; padding doesn't count.</summary>
internal sealed class AveragePoolingLayer : TorchLayer
{
    private readonly Padding2D _padding;
    private readonly Window _window;
    private readonly long[] _size;
    private readonly long[] _strides;

    public AveragePoolingLayer(AveragePooling2D pooling, TorchDevice device)
        : base(pooling, device)
    {
        _window = pooling.Window;
        _padding = new Padding2D(_window, pooling.InputShape);
        _size = [_window.Size.Height, _window.Size.Width];
        _strides = [_window.Strides.Height, _window.Strides.Width];
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        if (_padding.IsNone)
        {
            return nn.functional.avg_pool2d(x, _size, _strides);
        }

        return Sums(x) / Sums(ones([1, 1, x.shape[2], x.shape[3]], x.dtype, x.device));
    }

    // Whichever end gets the padding, the sums of the values and of as many ones give the mean of what is there.
    private Tensor Sums(Tensor x) =>
        nn.functional.avg_pool2d(_padding.Apply(x, 0), _size, _strides, _padding.Symmetric, divisor_override: 1);
}

/// <summary>Computes a <see cref="GlobalAveragePooling2D"/>.</summary>
internal sealed class GlobalAveragePoolingLayer(Layer layer, TorchDevice device) : TorchLayer(layer, device)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context) => x.mean([2L, 3L]);
}

/// <summary>Computes a <see cref="GlobalMaxPooling2D"/>.</summary>
internal sealed class GlobalMaxPoolingLayer(Layer layer, TorchDevice device) : TorchLayer(layer, device)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context) => x.amax(2L, 3L);
}
