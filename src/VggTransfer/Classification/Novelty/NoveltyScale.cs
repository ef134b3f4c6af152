namespace VggTransfer.Classification;

/// <summary>Scores as people read them: 0.5 for the typical picture of the classes, 1 at the limit beyond which it is none of them.</summary>
internal sealed class NoveltyScale
{
    private readonly NoveltyDetector _detector;
    private readonly double _median;
    private readonly double _width;

    /// <param name="detector">The detector.</param>
    /// <param name="falseRejectRate">The share of pictures of the classes beyond the limit, above 0 and below 1.</param>
    public NoveltyScale(NoveltyDetector detector, double falseRejectRate)
    {
        _detector = detector;
        _median = detector.Median;

        // Held-out images may all have the same score, as drawn pictures do.
        _width = Math.Max(detector.Threshold(falseRejectRate) - _median, 1e-6 * Math.Max(1, Math.Abs(_median)));
    }

    /// <param name="features">Of the picture.</param>
    /// <param name="logits">What the head makes of them.</param>
    /// <returns>0 or more.</returns>
    public double Of(ReadOnlySpan<float> features, ReadOnlySpan<float> logits) =>
        Math.Max(0, 0.5 + ((_detector.Score(features, logits) - _median) / (2 * _width)));
}
