using System.Numerics.Tensors;
using VggTransfer.Benchmarks.Material;
using VggTransfer.Benchmarks.Measuring;
using VggTransfer.Features;
using VggTransfer.Models;

namespace VggTransfer.Benchmarks.Comparisons;

/// <summary>
/// How near features in 8-bit integers come to those in single precision, on photos from which no range was measured. The peer is
/// single precision itself, whose cosine is 1.
/// </summary>
internal sealed class QuantisationComparison : IComparison
{
    public string Name => "quantisation";

    public IEnumerable<Figure> Measure(ComparisonContext context, CancellationToken cancellationToken)
    {
        if (context.Photos.AreDrawn)
        {
            context.Note("cosines are of drawn pictures; give photos (--photos FOLDER) for figures that mean something.");
        }

        foreach (Figure figure in Measure(context.Embedded(cancellationToken), "", context, cancellationToken))
        {
            yield return figure;
        }

        foreach (Figure figure in Measure(context.FullSize(cancellationToken), "_fc7", context, cancellationToken))
        {
            yield return figure;
        }
    }

    private static IEnumerable<Figure> Measure(BenchmarkNetwork network, string suffix, ComparisonContext context, CancellationToken cancellationToken)
    {
        float[][] exact = Features(OnnxPrecision.Float32), rounded = Features(OnnxPrecision.Int8);
        double[] cosines = [.. exact.Zip(rounded, (a, b) => (double)TensorPrimitives.CosineSimilarity<float>(a, b))];
        string what = $"{network.Layer}, int8 / float32, {cosines.Length} held-out photos";
        yield return Figure.Compare($"quantisation_cosine_mean{suffix}", what, [cosines.Average()], [1], Unit.Cosine);
        yield return Figure.Compare($"quantisation_cosine_min{suffix}", what, [cosines.Min()], [1], Unit.Cosine);

        float[][] Features(OnnxPrecision precision)
        {
            using var extractor = new FeatureExtractor(network.Model, new FeatureExtractorOptions { Layer = network.Layer, InputSize = network.InputSize, Precision = precision });
            return [.. extractor.ExtractAll(context.HeldOutPhotos, cancellationToken).Select(features => features.Values ?? throw features.Error!)];
        }
    }
}
