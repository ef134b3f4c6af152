using VggTransfer.Classification;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>One fit.</summary>
/// <param name="Seconds">Standardisation and fit.</param>
/// <param name="Loss">Sum of the losses of the training images and the penalty; NaN where the way doesn't minimise that.</param>
/// <param name="Accuracy">On images that it hasn't seen.</param>
internal sealed record HeadResult(double Seconds, double Loss, double Accuracy)
{
    /// <summary>The share of images whose class is the likeliest one.</summary>
    public static double AccuracyOf(LinearHead head, HeadData data) =>
        data.Test.Zip(data.Truth).Count(pair => ClassificationMetrics.ArgMax(head.Probabilities(pair.First)) == pair.Second) / (double)data.Test.Length;
}
