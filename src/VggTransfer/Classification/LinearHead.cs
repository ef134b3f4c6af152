using System.Numerics.Tensors;
using VggTransfer.Architectures;

namespace VggTransfer.Classification;

/// <summary>A multinomial logistic regression on raw features; their scaling is folded into the weights.</summary>
public sealed class LinearHead
{
    /// <summary>A head of weights that are known.</summary>
    /// <param name="weights">(classes, dimension), row by row.</param>
    /// <param name="biases">One for each class.</param>
    /// <exception cref="ArgumentException">There are no classes, or the lengths don't go together.</exception>
    public LinearHead(float[] weights, float[] biases)
    {
        if (biases.Length == 0 || weights.Length % biases.Length != 0)
        {
            throw new ArgumentException($"{weights.Length} weights can't belong to {biases.Length} classes.", nameof(weights));
        }

        Weights = weights;
        Biases = biases;
    }

    /// <summary>(classes, dimension), row by row.</summary>
    internal float[] Weights { get; }

    /// <summary>One for each class.</summary>
    internal float[] Biases { get; }

    /// <summary>How many classes there are.</summary>
    public int Classes => Biases.Length;

    /// <summary>The length of a feature vector.</summary>
    public int Dimension => Weights.Length / Biases.Length;

    /// <summary>
    /// Fits a head: features scaled, then multinomial logistic regression, both as one linear layer on raw features. The same bits on any
    /// number of threads.
    /// </summary>
    /// <param name="features">One vector for each image, all of the same length.</param>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="classCount">How many classes there are.</param>
    /// <param name="l2Regularization">Strength of the L2 penalty on the weights, not on the biases (scikit-learn's 1/C); null lets cross-validation choose.</param>
    /// <param name="scaling">How features are scaled first.</param>
    /// <param name="threads">How many threads may work; by default one for each processor.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">A feature isn't a finite number.</exception>
    public static LinearHead Fit(
        IReadOnlyList<float[]> features,
        IReadOnlyList<int> classes,
        int classCount,
        double? l2Regularization = null,
        FeatureScaling scaling = FeatureScaling.Standardized,
        int? threads = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(classes);
        int used = threads ?? Environment.ProcessorCount;
        double l2 = l2Regularization ?? ChooseL2(features, classes, classCount, scaling, used, cancellationToken);
        var regression = LogisticRegression.Create(features, classes, classCount, used, scaling);
        return regression.ToHead(regression.Fit(l2, cancellationToken: cancellationToken));
    }

    /// <summary>The index of the most probable class; of equals the first.</summary>
    /// <param name="features">As long as <see cref="Dimension"/>.</param>
    public int Predict(ReadOnlySpan<float> features) => ClassificationMetrics.ArgMax(Logits(features));

    /// <summary>The probabilities of all classes.</summary>
    /// <param name="features">As long as <see cref="Dimension"/>.</param>
    public float[] Probabilities(ReadOnlySpan<float> features)
    {
        float[] values = Logits(features);
        ToProbabilities(values);
        return values;
    }

    /// <summary>The logits of all classes.</summary>
    /// <param name="features">As long as <see cref="Dimension"/>.</param>
    public float[] Logits(ReadOnlySpan<float> features)
    {
        float[] values = new float[Classes];
        for (int k = 0; k < values.Length; k++)
        {
            values[k] = TensorPrimitives.Dot(Weights.AsSpan(k * Dimension, Dimension), features) + Biases[k];
        }

        return values;
    }

    /// <summary>The head whose logits are these divided by a temperature.</summary>
    internal LinearHead AtTemperature(double temperature) => new(
        [.. Weights.Select(weight => (float)(weight / temperature))], [.. Biases.Select(bias => (float)(bias / temperature))]);

    /// <summary>Logits to probabilities, in place.</summary>
    public static void ToProbabilities(Span<float> logits)
    {
        // SoftMax alone overflows for logits beyond 88.
        TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
        TensorPrimitives.SoftMax(logits, logits);
    }

    private static double ChooseL2(
        IReadOnlyList<float[]> features, IReadOnlyList<int> classes, int classCount, FeatureScaling scaling, int threads, CancellationToken cancellationToken)
    {
        // Any names will do.
        string[] labels = [.. Enumerable.Range(0, classCount).Select(label => $"{label}")];
        return features.Count < HeadSelection.SmallestSet
            ? HeadSelection.DefaultL2
            : new HeadSelection(labels, seed: 1, threads)
                .Run([new HeadCandidate(FeatureLayer.Fc7, scaling, i => features[i])], classes, l2Regularization: null, progress: null, cancellationToken)[0].Recipe.L2Regularization;
    }
}
