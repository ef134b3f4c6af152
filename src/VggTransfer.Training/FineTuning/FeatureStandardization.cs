using VggTransfer.Classification;

namespace VggTransfer.FineTuning;

/// <summary>
/// Brings features to mean 0 and standard deviation 1, so that one learning rate suits them all: maxima of a map are some hundred
/// times as large as averages of another. Stays as it is while the network below is trained, and ends in the saved head's weights.
/// </summary>
/// <param name="Means">What is taken off.</param>
/// <param name="Scales">What is multiplied by then.</param>
internal sealed record FeatureStandardization(float[] Means, float[] Scales)
{
    // A feature that hardly moved on the frozen network would explode when training moves it.
    private const double SmallestDeviation = 0.05;

    /// <summary>Measures features.</summary>
    /// <param name="features">Rows of the same length.</param>
    public static FeatureStandardization Of(IReadOnlyList<float[]> features)
    {
        (double[] means, double[] variances) = FeatureMoments.Of(features);
        double floor = SmallestDeviation * Math.Sqrt(variances.Average());
        return new FeatureStandardization(
            [.. means.Select(mean => (float)mean)],
            [.. variances.Select(variance => Math.Max(floor, Math.Sqrt(variance))).Select(deviation => deviation > 0 ? (float)(1 / deviation) : 1)]);
    }

    /// <summary>The head on raw features that is equal to one on standardised features.</summary>
    public LinearHead Fold(LinearHead head) => Change(head, (weight, i) => weight * Scales[i], (weight, i) => -(double)weight * Scales[i] * Means[i]);

    /// <summary>The head on standardised features that is equal to one on raw features.</summary>
    public LinearHead Unfold(LinearHead head) => Change(head, (weight, i) => weight / Scales[i], (weight, i) => (double)weight * Means[i]);

    private static LinearHead Change(LinearHead head, Func<float, int, float> weightOf, Func<float, int, double> shiftOf)
    {
        float[] weights = new float[head.Weights.Length];
        float[] biases = new float[head.Classes];
        for (int label = 0; label < head.Classes; label++)
        {
            double bias = head.Biases[label];
            for (int i = 0; i < head.Dimension; i++)
            {
                float weight = head.Weights[(label * head.Dimension) + i];
                weights[(label * head.Dimension) + i] = weightOf(weight, i);
                bias += shiftOf(weight, i);
            }

            biases[label] = (float)bias;
        }

        return new LinearHead(weights, biases);
    }
}
