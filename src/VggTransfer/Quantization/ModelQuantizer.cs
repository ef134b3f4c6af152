using System.Numerics.Tensors;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Onnx;

namespace VggTransfer.Quantization;

/// <summary>
/// Finds on images how far the activations of a network reach, which is what computing in 8-bit integers needs to know; the
/// weights need no images.
/// </summary>
public static class ModelQuantizer
{
    // With fewer, all images serve for both: ranges and comparison.
    private const int FewImages = 12;

    // The comparison takes this share of the images.
    private const int ComparedShare = 4;

    /// <summary>Measures the ranges, compares ways of choosing them, and takes the best.</summary>
    /// <param name="model">The network; it stays the caller's.</param>
    /// <param name="images">Image files of the kind that the network will see. A sample spread evenly over them is used.</param>
    /// <param name="options">Method, input size, how many images.</param>
    /// <param name="progress">Told how many images of how many are done.</param>
    /// <param name="cancellationToken">Ends the work between two images.</param>
    /// <exception cref="ArgumentException">There is no image that can be read, or an option is out of its range or doesn't fit the network.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static QuantizationResult Measure(
        VggModel model, IReadOnlyList<string> images, QuantizationOptions? options = null, IProgress<(int Done, int Total)>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        options ??= new QuantizationOptions();
        if (options.LargestSample is < 1 or > 10_000)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.LargestSample, $"{nameof(options.LargestSample)} must be 1 to 10,000.");
        }

        string[] sample = Spread(images, options.LargestSample);
        bool separates = sample.Length > FewImages;
        string[] compared = separates ? [.. sample.Where((_, i) => i % ComparedShare == 0)] : sample;
        string[] calibration = separates ? [.. sample.Where((_, i) => i % ComparedShare != 0)] : sample;
        RangeMethod[] methods = options.Method is { } given ? [given] : Enum.GetValues<RangeMethod>();
        int total = calibration.Length + (compared.Length * (methods.Length + 1));
        int done = 0;
        var skipped = new List<SkippedImage>();

        (string[] layers, ActivationHistogram[] histograms, int used) = Count(model, calibration, options, skipped, Step, cancellationToken);
        if (used == 0)
        {
            throw new ArgumentException(skipped.Count == 0 ? "There are no images to measure ranges on." : $"None of the images to measure ranges on can be read; the first: {skipped[0].Reason}", nameof(images));
        }

        Dictionary<string, float[]> exact = Features(model, compared, options, OnnxPrecision.Float32, skipped, Step, cancellationToken);
        var trials = new List<(QuantizationTrial Trial, Dictionary<string, ActivationRange> Ranges)>();
        foreach (RangeMethod method in methods)
        {
            var ranges = layers.Zip(histograms).ToDictionary(pair => pair.First, pair => new ActivationRange(0, pair.Second.Limit(method)), StringComparer.Ordinal);
            var quantized = new VggModel(model.Architecture, model.Tensors.Values) { Preprocessing = model.Preprocessing, ActivationRanges = ranges };
            Dictionary<string, float[]> rounded = Features(quantized, [.. exact.Keys], options, OnnxPrecision.Int8, skipped, Step, cancellationToken);
            double[] cosines = [.. rounded.Select(pair => (double)TensorPrimitives.CosineSimilarity<float>(pair.Value, exact[pair.Key]))];
            trials.Add((new QuantizationTrial(method, cosines.Length == 0 ? double.NaN : cosines.Average(), cosines.Length == 0 ? double.NaN : cosines.Min()), ranges));
        }

        (QuantizationTrial best, Dictionary<string, ActivationRange> chosen) = trials.MaxBy(trial => trial.Trial.MeanCosine);
        return new QuantizationResult(chosen, best.Method, [.. trials.Select(trial => trial.Trial)], used, exact.Count, [.. skipped.DistinctBy(image => image.Path)]);

        void Step() => progress?.Report((Math.Min(++done, total), total));
    }

    private static (string[] Layers, ActivationHistogram[] Histograms, int Images) Count(
        VggModel model, string[] images, QuantizationOptions options, List<SkippedImage> skipped, Action step, CancellationToken cancellationToken)
    {
        VggArchitecture architecture = VggOnnxGraph.Resized(model.Architecture, options.InputSize);
        VggLayer[] layers = [.. architecture.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution || (layer.Kind == VggLayerKind.Dense && layer.HasReLU))];
        ActivationHistogram[] histograms = [.. layers.Select(_ => new ActivationHistogram())];
        int[] starts = [.. layers.Aggregate(new List<int> { 0 }, (all, layer) => [.. all, all[^1] + layer.Output.ElementCount])];
        int used = 0;

        // One image at a time: all activations of a VGG16 at 224 pixels take 54 MB.
        using var extractor = new FeatureExtractor(model, Options(options) with
        {
            Layer = new FeatureLayer([.. layers.Select(layer => new FeatureSource(layer.Name))]),
            BatchSize = 1,
        });
        foreach (ImageFeatures activations in extractor.ExtractAll(images, cancellationToken))
        {
            step();
            if (activations.Values is null)
            {
                skipped.Add(new SkippedImage(activations.Name, activations.Error!.Message));
                continue;
            }

            used++;
            Parallel.For(0, layers.Length, new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellationToken }, i =>
                histograms[i].Add(activations.Values.AsSpan(starts[i]..starts[i + 1])));
        }

        return ([.. layers.Select(layer => layer.Name)], histograms, used);
    }

    private static Dictionary<string, float[]> Features(
        VggModel model, string[] images, QuantizationOptions options, OnnxPrecision precision, List<SkippedImage> skipped, Action step, CancellationToken cancellationToken)
    {
        var features = new Dictionary<string, float[]>(StringComparer.Ordinal);
        using var extractor = new FeatureExtractor(model, Options(options) with { Precision = precision, Parallelism = FeatureParallelism.Images });
        foreach (ImageFeatures result in extractor.ExtractAll(images, cancellationToken))
        {
            step();
            if (result.Values is null)
            {
                skipped.Add(new SkippedImage(result.Name, result.Error!.Message));
            }
            else
            {
                features[result.Name] = result.Values;
            }
        }

        return features;
    }

    private static FeatureExtractorOptions Options(QuantizationOptions options) => new()
    {
        InputSize = options.InputSize,
        Decoding = options.Decoding,
        Threads = options.Threads,
    };

    private static string[] Spread(IReadOnlyList<string> images, int most)
    {
        int count = Math.Min(images.Count, most);
        return [.. Enumerable.Range(0, count).Select(i => images[(int)((long)i * images.Count / count)])];
    }
}
