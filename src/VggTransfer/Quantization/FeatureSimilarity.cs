using System.Numerics.Tensors;
using VggTransfer.Architectures;
using VggTransfer.Backbones;

namespace VggTransfer.Quantization;

/// <summary>
/// How near features in 8-bit integers come to those in 4-byte floating point. Where features are joined from several places of
/// the network, each place is compared for itself and the worst counts: large values of one would hide what became of another.
/// </summary>
/// <param name="MeanCosine">The mean cosine similarity over the images, at most 1; 0 without images.</param>
/// <param name="LeastCosine">The least one of any image; 0 without images.</param>
/// <param name="Images">On how many images they were compared.</param>
public sealed record FeatureSimilarity(double MeanCosine, double LeastCosine, int Images)
{
    /// <param name="layer">What the features are.</param>
    /// <param name="backbone">The network that gave them.</param>
    /// <param name="inputSize">The side of its input; null for its usual one.</param>
    /// <param name="pairs">For each image the exact features and the rounded ones.</param>
    internal static FeatureSimilarity Of(FeatureLayer layer, IBackbone backbone, int? inputSize, IReadOnlyList<(float[] Exact, float[] Rounded)> pairs)
    {
        if (pairs.Count == 0)
        {
            return new FeatureSimilarity(0, 0, 0);
        }

        (double mean, double least, int start) = (double.PositiveInfinity, double.PositiveInfinity, 0);
        foreach (FeatureSource source in layer.Sources)
        {
            int length = backbone.Dimension(new FeatureLayer([source]), inputSize);
            double[] cosines = [.. pairs.Select(pair => Cosine(pair.Exact.AsSpan(start, length), pair.Rounded.AsSpan(start, length)))];
            mean = Math.Min(mean, cosines.Average());
            least = Math.Min(least, cosines.Min());
            start += length;
        }

        return new FeatureSimilarity(mean, least, pairs.Count);
    }

    private static double Cosine(ReadOnlySpan<float> exact, ReadOnlySpan<float> rounded)
    {
        // A layer may be silent: then there is no angle, and rounding has to keep it silent.
        bool isSilent = TensorPrimitives.MaxMagnitude(exact) == 0;
        return isSilent || TensorPrimitives.MaxMagnitude(rounded) == 0
            ? isSilent && TensorPrimitives.MaxMagnitude(rounded) == 0 ? 1 : 0
            : Math.Min(1, TensorPrimitives.CosineSimilarity(exact, rounded));
    }
}
