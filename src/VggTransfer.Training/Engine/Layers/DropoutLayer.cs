using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>
/// Computes a <see cref="Dropout"/>. What is dropped depends only on the step's seed and the layer's place, so that a
/// training that goes on after an interruption drops what it would have dropped.
/// </summary>
internal sealed class DropoutLayer(Dropout dropout, int place, TorchDevice device) : TorchLayer(dropout, device)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        if (!context.IsTraining || dropout.Rate == 0)
        {
            return x;
        }

        using var generator = new Generator(Seeds.Derive(context.Seed, (ulong)place), Device.IsCuda ? Device.Device : CPU);
        Tensor random = rand(Maps.ToKeras(x).shape, ScalarType.Float32, Device.IsCuda ? Device.Device : CPU, generator: generator).to(x.device);
        Tensor kept = Maps.FromKeras(random.ge(KeptScalar.Of(dropout.Rate))).to(x.dtype);
        return x * kept.mul_(KeptScalar.Of(1 / (1 - dropout.Rate)));
    }
}
