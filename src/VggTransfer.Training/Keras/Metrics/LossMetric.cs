using VggTransfer.Keras.Losses;

namespace VggTransfer.Keras.Metrics;

/// <summary>A loss that is only reported: its mean over the samples, without weights and penalties.</summary>
/// <param name="loss">The loss.</param>
/// <param name="name">What it is called; the loss's name if left out.</param>
public sealed class LossMetric(Loss loss, string? name = null) : Metric(name ?? loss.Name)
{
    /// <summary>The loss.</summary>
    public Loss Loss { get; } = loss;
}
