namespace VggTransfer.Classification;

/// <summary>Mean and variance of each feature over images.</summary>
/// <param name="Means">One for each feature.</param>
/// <param name="Variances">One for each feature, 0 or more; divided by the number of images.</param>
internal sealed record FeatureMoments(double[] Means, double[] Variances)
{
    /// <param name="features">One vector for each image, all of the same length; at least one.</param>
    public static FeatureMoments Of(IReadOnlyList<float[]> features)
    {
        double[] sums = new double[features[0].Length];
        double[] squares = new double[sums.Length];
        foreach (float[] vector in features)
        {
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += vector[i];
                squares[i] += (double)vector[i] * vector[i];
            }
        }

        double[] means = [.. sums.Select(sum => sum / features.Count)];
        return new FeatureMoments(means, [.. squares.Zip(means, (square, mean) => Math.Max(0, (square / features.Count) - (mean * mean)))]);
    }
}
