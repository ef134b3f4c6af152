using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>
/// Computes a <see cref="BatchNormalization"/>. Of maps the unbiased variance goes into the running one, as Keras's fused
/// kernel has it; of vectors, for which there is no fused kernel, the biased one.
/// </summary>
internal sealed class BatchNormalizationLayer : TorchLayer
{
    private readonly BatchNormalization _description;
    private readonly TorchVariable? _gamma;
    private readonly TorchVariable? _beta;
    private readonly TorchVariable _mean;
    private readonly TorchVariable _variance;

    // What of the batch goes in: 1 - momentum, in 4-byte floating point as everywhere in Keras.
    private readonly double _share;

    public BatchNormalizationLayer(BatchNormalization layer, TorchVariable? gamma, TorchVariable? beta, TorchVariable mean, TorchVariable variance, TorchDevice device)
        : base(layer, device)
    {
        _description = layer;
        _gamma = gamma;
        _beta = beta;
        _mean = mean;
        _variance = variance;
        _share = (float)(1 - layer.Momentum);
    }

    /// <inheritdoc/>
    public override bool OutputMayBeOverwritten => true;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        if (!context.IsTraining || !_description.Trainable)
        {
            return Normalize(x, _mean.Leaf, _variance.Leaf, training: false);
        }

        long count = x.NumberOfElements / x.shape[x.dim() == 4 ? 1 : x.dim() - 1];
        if (x.dim() == 4 && count > 1)
        {
            return context.UpdatesStatistics
                ? Normalize(x, _mean.Leaf, _variance.Leaf, training: true)
                : Normalize(x, null, null, training: true);
        }

        return ComputeByHand(x, context);
    }

    private Tensor Normalize(Tensor x, Tensor? mean, Tensor? variance, bool training)
    {
        // Vectors of vectors have their channels last.
        bool channelsAreLast = x.dim() is 3 or > 4;
        Tensor rows = channelsAreLast ? x.reshape(-1, x.shape[^1]) : x;
        Tensor output = nn.functional.batch_norm(rows, mean, variance, _gamma?.Leaf, _beta?.Leaf, training, _share, _description.Epsilon);
        return channelsAreLast ? output.reshape(x.shape) : output;
    }

    private Tensor ComputeByHand(Tensor x, StepContext context)
    {
        Tensor rows = Maps.ToKeras(x).to(Device.WeightType);
        long[] dimensions = [.. Enumerable.Range(0, (int)rows.dim() - 1).Select(dimension => (long)dimension)];
        Tensor mean = rows.mean(dimensions);
        Tensor centered = rows - mean;
        Tensor variance = centered.Squared().mean(dimensions);
        if (context.UpdatesStatistics)
        {
            using var _ = no_grad();
            Follow(_mean.Flat, mean.detach());
            Follow(_variance.Flat, variance.detach());
        }

        Tensor output = centered * variance.Plus(_description.Epsilon).rsqrt();
        output = _gamma is null ? output : output * _gamma.Leaf;
        output = _beta is null ? output : output.Plus(_beta.Leaf);
        return Maps.FromKeras(output.to(x.dtype));
    }

    private void Follow(Tensor running, Tensor batch) => running.mul_(KeptScalar.Of(1 - _share)).add_(batch, KeptScalar.Of(_share));
}
