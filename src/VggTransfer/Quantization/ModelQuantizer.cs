using System.Runtime.ExceptionServices;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

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
    /// <param name="options">Method, layer and input size, how many images.</param>
    /// <param name="progress">Told how many images of how many are done.</param>
    /// <param name="cancellationToken">Ends the work between two images.</param>
    /// <exception cref="IOException">With <see cref="QuantizationOptions.Strict"/>: an image can't be read.</exception>
    /// <exception cref="ArgumentException">There is no image that can be read, or an option is out of its range or doesn't fit the network.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static QuantizationResult Measure(
        VggModel model, IReadOnlyList<string> images, QuantizationOptions? options = null, IProgress<(int Done, int Total)>? progress = null, CancellationToken cancellationToken = default) =>
        TryMeasure(model, images, options, progress, cancellationToken)
            ?? throw new ArgumentException("There are no images to measure ranges on, or none of them can be read.", nameof(images));

    /// <summary>How near the features of a network whose ranges are known come in 8-bit integers.</summary>
    /// <param name="model">The network, with <see cref="VggModel.ActivationRanges"/>; it stays the caller's.</param>
    /// <param name="images">Image files, best others than the ranges come from. A sample spread evenly over them is used; those that can't be read are left out.</param>
    /// <param name="options">Layer, input size, how many images; the method has no meaning here.</param>
    /// <param name="progress">Told how many images of how many are done.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">The network's ranges aren't known, or an option is out of its range or doesn't fit the network.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static FeatureSimilarity Compare(
        VggModel model, IReadOnlyList<string> images, QuantizationOptions? options = null, IProgress<(int Done, int Total)>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        options ??= new QuantizationOptions();
        options.Validate();
        string[] sample = Spread(images, options.LargestSample);
        int total = 2 * sample.Length;
        int done = 0;
        var skipped = new List<SkippedImage>();
        Dictionary<string, float[]> exact = Features(model, sample, options, OnnxPrecision.Float32, skipped, Step, cancellationToken);
        return Compare(model, exact, options, skipped, Step, cancellationToken);

        void Step() => progress?.Report((Math.Min(++done, total), total));
    }

    /// <inheritdoc cref="Measure"/>
    /// <returns>Null if no image can be read.</returns>
    internal static QuantizationResult? TryMeasure(
        VggModel model, IReadOnlyList<string> images, QuantizationOptions? options, IProgress<(int Done, int Total)>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(images);
        options ??= new QuantizationOptions();
        options.Validate();
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
            return null;
        }

        Dictionary<string, float[]> exact = Features(model, compared, options, OnnxPrecision.Float32, skipped, Step, cancellationToken);
        var trials = new List<(QuantizationTrial Trial, Dictionary<string, ActivationRange> Ranges)>();
        foreach (RangeMethod method in methods)
        {
            var ranges = layers.Zip(histograms).ToDictionary(pair => pair.First, pair => new ActivationRange(0, pair.Second.Limit(method)), StringComparer.Ordinal);
            var quantized = new VggModel(model.Architecture, model.Tensors.Values) { Preprocessing = model.Preprocessing, ActivationRanges = ranges };
            trials.Add((new QuantizationTrial(method, Compare(quantized, exact, options, skipped, Step, cancellationToken)), ranges));
        }

        // The worst image decides: a range that suits most images and cuts others off does well on average.
        (QuantizationTrial best, Dictionary<string, ActivationRange> chosen) = trials.MaxBy(trial => trial.Trial.Similarity.LeastCosine);
        return new QuantizationResult(chosen, best.Method, [.. trials.Select(trial => trial.Trial)], used, exact.Count, [.. skipped.DistinctBy(image => image.Path)]);

        void Step() => progress?.Report((Math.Min(++done, total), total));
    }

    private static FeatureSimilarity Compare(
        VggModel quantized, Dictionary<string, float[]> exact, QuantizationOptions options, List<SkippedImage> skipped, Action step, CancellationToken cancellationToken)
    {
        Dictionary<string, float[]> rounded = Features(quantized, [.. exact.Keys], options, OnnxPrecision.Int8, skipped, step, cancellationToken);
        var backbone = new VggBackbone(quantized);
        return FeatureSimilarity.Of(
            options.Layer ?? backbone.DefaultLayer,
            backbone,
            options.InputSize,
            [.. rounded.Select(pair => (exact[pair.Key], pair.Value))]);
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
                Skip(activations, options, skipped);
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
        using var extractor = new CachedFeatureExtractor(new VggBackbone(model), Options(options) with { Precision = precision, Parallelism = FeatureParallelism.Images }, options.FeatureCache);
        foreach (ImageFeatures result in extractor.Extract(images, cancellationToken).Results)
        {
            step();
            if (result.Values is null)
            {
                Skip(result, options, skipped);
            }
            else
            {
                features[result.Name] = result.Values;
            }
        }

        return features;
    }

    private static void Skip(ImageFeatures image, QuantizationOptions options, List<SkippedImage> skipped)
    {
        if (options.Strict)
        {
            ExceptionDispatchInfo.Throw(image.Error!);
        }

        skipped.Add(new SkippedImage(image.Name, image.Error!.Message));
    }

    private static FeatureExtractorOptions Options(QuantizationOptions options) => new()
    {
        Layer = options.Layer,
        InputSize = options.InputSize,
        Decoding = options.Decoding,
        BatchSize = options.BatchSize,
        Threads = options.Threads,
    };

    /// <summary>A sample of at most so many, spread evenly.</summary>
    internal static string[] Spread(IReadOnlyList<string> images, int most)
    {
        int count = Math.Min(images.Count, most);
        return [.. Enumerable.Range(0, count).Select(i => images[(int)((long)i * images.Count / count)])];
    }
}
