using System.Numerics.Tensors;

namespace VggTransfer.Classification;

/// <summary>
/// Tells pictures that are none of the classes by their features: virtual-logit matching (Wang et al., "ViM: Out-Of-Distribution
/// with Virtual-logit Matching", 2022). What the training images have in common spans a small subspace; the score is how far a
/// picture lies outside of it, less how strongly any class claims it.
/// </summary>
/// <remarks>
/// Chosen by measurement among the largest probability, the largest logit, energy, Mahalanobis distances, nearest neighbours and
/// cosines to class means: it was the best or nearly so for classes left out of CIFAR-10, and far ahead for pictures of another kind.
/// </remarks>
internal sealed class NoveltyDetector
{
    /// <summary>Directions of the subspace. From 32 to 256 the figures hardly differ.</summary>
    private const int LargestRank = 64;

    /// <summary>Training images that the subspace follows from; more change it little.</summary>
    private const int LargestSample = 1000;

    /// <summary>Held-out scores that are kept: enough for a thousandth.</summary>
    public const int LargestScores = 1000;

    private readonly float[][] _basis;
    private readonly double[] _scores;

    /// <param name="mean">The features' means.</param>
    /// <param name="scale">What features are multiplied by after subtraction: one over their standard deviation.</param>
    /// <param name="basis">Orthonormal directions of the subspace, each as long as a feature vector.</param>
    /// <param name="factor">Of the distance from the subspace.</param>
    /// <param name="scores">Those of images of the classes that weren't learnt from, ascending; at least one.</param>
    public NoveltyDetector(float[] mean, float[] scale, float[][] basis, double factor, double[] scores)
    {
        Mean = mean;
        Scale = scale;
        _basis = basis;
        Factor = factor;
        _scores = scores;
    }

    public float[] Mean { get; }

    public float[] Scale { get; }

    public IReadOnlyList<float[]> Basis => _basis;

    public double Factor { get; }

    public IReadOnlyList<double> Scores => _scores;

    /// <summary>The typical score of a picture of the classes.</summary>
    public double Median => _scores[(_scores.Length - 1) / 2];

    /// <summary>Learns what the training images have in common; the scores of held-out images come later.</summary>
    /// <param name="features">One vector for each training image.</param>
    /// <param name="head">The head whose claims count.</param>
    /// <param name="seed">Of the sample and of the iteration's start.</param>
    public static NoveltyDetector Fit(IReadOnlyList<float[]> features, LinearHead head, int seed)
    {
        (float[] mean, float[] scale) = Standardisation(features);
        var random = new Random(seed);
        int[] order = [.. Enumerable.Range(0, features.Count)];
        random.Shuffle(order);
        float[][] sample = [.. order.Take(LargestSample).Select(i => Standardise(features[i], mean, scale))];
        int rank = Math.Clamp(Math.Min(sample.Length, mean.Length) / 4, 1, LargestRank);
        float[][] basis = PrincipalSubspace.Find(sample, rank, random);
        var detector = new NoveltyDetector(mean, scale, basis, factor: 1, [0]);

        // As in the paper: over the training images the distance weighs as much as the largest logit.
        double logits = 0, residuals = 0;
        foreach (float[] vector in features)
        {
            logits += TensorPrimitives.Max<float>(head.Logits(vector));
            residuals += detector.Residual(vector);
        }

        return new NoveltyDetector(mean, scale, basis, residuals > 0 ? Math.Abs(logits) / residuals : 1, [0]);
    }

    /// <summary>The same, with the scores of held-out images.</summary>
    public NoveltyDetector WithScores(IEnumerable<double> scores)
    {
        double[] sorted = [.. scores.Order()];

        // Evenly spaced, the smallest and the largest among them.
        double[] kept = sorted.Length <= LargestScores ? sorted
            : [.. Enumerable.Range(0, LargestScores).Select(i => sorted[(int)Math.Round((double)i * (sorted.Length - 1) / (LargestScores - 1))])];
        return new NoveltyDetector(Mean, Scale, _basis, Factor, kept);
    }

    /// <summary>How unlike the classes a picture is; any number, higher for stranger ones.</summary>
    /// <param name="features">Its features.</param>
    /// <param name="logits">What the head makes of them.</param>
    public double Score(ReadOnlySpan<float> features, ReadOnlySpan<float> logits)
    {
        double largest = TensorPrimitives.Max(logits), sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return (Factor * Residual(features)) - largest - Math.Log(sum);
    }

    /// <summary>
    /// The score above which a picture is none of the classes, so that at most this share of pictures of the classes is taken for
    /// that: the conformal quantile. With too few held-out images for so small a share, the largest score that they have.
    /// </summary>
    /// <param name="falseRejectRate">Above 0 and below 1.</param>
    public double Threshold(double falseRejectRate) =>
        _scores[Math.Clamp((int)Math.Ceiling((_scores.Length + 1) * (1 - falseRejectRate)) - 1, 0, _scores.Length - 1)];

    private double Residual(ReadOnlySpan<float> features)
    {
        float[] standardised = Standardise(features, Mean, Scale);
        double squared = TensorPrimitives.SumOfSquares<float>(standardised);
        foreach (float[] direction in _basis)
        {
            double along = TensorPrimitives.Dot<float>(direction, standardised);
            squared -= along * along;
        }

        return Math.Sqrt(Math.Max(squared, 0));
    }

    private static float[] Standardise(ReadOnlySpan<float> features, float[] mean, float[] scale)
    {
        float[] standardised = new float[features.Length];
        TensorPrimitives.Subtract(features, mean, standardised);
        TensorPrimitives.Multiply(standardised, scale, standardised);
        return standardised;
    }

    private static (float[] Mean, float[] Scale) Standardisation(IReadOnlyList<float[]> features)
    {
        (double[] means, double[] variances) = FeatureMoments.Of(features);
        double[] deviation = [.. variances.Select(Math.Sqrt)];

        // A feature that hardly ever differed in training mustn't decide alone.
        double smallest = Math.Max(0.01 * deviation.Average(), 1e-12);
        return ([.. means.Select(mean => (float)mean)], [.. deviation.Select(value => (float)(1 / Math.Max(value, smallest)))]);
    }
}
