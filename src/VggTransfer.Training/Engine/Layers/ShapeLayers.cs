using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Computes a <see cref="Flatten"/>: with the channels last in memory, no number moves.</summary>
internal sealed class FlattenLayer(Layer layer, TorchDevice device) : TorchLayer(layer, device)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context) => Maps.ToKeras(x).reshape(x.shape[0], -1);
}

/// <summary>Computes a <see cref="Rescaling"/>, in the type of weights: bytes arrive as bytes.</summary>
internal sealed class RescalingLayer(Rescaling rescaling, TorchDevice device) : TorchLayer(rescaling, device)
{
    // Keras turns both numbers into 4-byte ones whatever the type of the values.
    private readonly double _scale = (float)rescaling.Scale;
    private readonly double _offset = (float)rescaling.Offset;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        Tensor scaled = x.to(Device.WeightType).mul(KeptScalar.Of(_scale));
        return _offset == 0 ? scaled : scaled.Increase(_offset);
    }
}

/// <summary>Hands its input on: an <see cref="Input"/>.</summary>
internal sealed class IdentityLayer(Layer layer, TorchDevice device) : TorchLayer(layer, device)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context) => x;
}
