using System.Globalization;
using System.IO.Hashing;
using System.Text;
using VggTransfer.Backbones;
using VggTransfer.FeatureCaching;
using VggTransfer.Models;

namespace VggTransfer.Quantization;

/// <summary>
/// Chooses the arithmetic for a frozen network by comparing features on the user's own images. The ranges are the network's
/// own where it has some that do, otherwise they are measured on the images.
/// </summary>
internal sealed class PrecisionSelection
{
    /// <summary>
    /// What the cosine of each layer's features must reach on average and in the worst image. With VGG16's ImageNet convolutions,
    /// heads on features of 0.9989 and 0.997 (block5_pool flattened) and above are as good as on exact ones; ranges that cut off
    /// too much (0.9942 and 0.977, block5_pool:max) already move single features by a seventh of their spread.
    /// </summary>
    public const double SufficientMean = 0.998, SufficientLeast = 0.99;

    /// <summary>With fewer images, ranges that are measured on them say little about others.</summary>
    public const int FewestImages = 20;

    private const int ComparedImages = 24;
    private const int MeasuredImages = 64;

    private readonly VggModel _model;
    private readonly IReadOnlyList<string> _images;
    private readonly QuantizationOptions _options;
    private readonly FeatureCacheOptions? _cache;
    private readonly IProgress<(int Done, int Total)>? _progress;
    private readonly CancellationToken _cancellationToken;

    private PrecisionSelection(VggModel model, IReadOnlyList<string> images, QuantizationOptions options, FeatureCacheOptions? cache, Action<int, int>? progress, CancellationToken cancellationToken)
    {
        _cache = cache is null ? null : cache with { Purpose = "comparison" };
        _model = model;
        _images = images;
        _options = options;
        _progress = progress is null ? null : new StepProgress(progress);
        _cancellationToken = cancellationToken;
    }

    /// <summary>Chooses.</summary>
    /// <param name="backbone">The network; it stays the caller's, and the result may share its tensors.</param>
    /// <param name="asked">What the user wants; null to choose.</param>
    /// <param name="images">The images that the features will be of.</param>
    /// <param name="options">Layer, input size, decoding and threads; method and sample are chosen here.</param>
    /// <param name="cache">Where features are kept, so that a later choice computes only those of new images; null to keep none.</param>
    /// <param name="progress">Told how many images of how many are done.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>The network, with the ranges to use, and the choice.</returns>
    /// <exception cref="ArgumentException">8-bit integers are wanted, and there is no image that can be read to measure ranges on.</exception>
    public static (IBackbone Network, PrecisionChoice Choice) Choose(
        IBackbone backbone,
        OnnxPrecision? asked,
        IReadOnlyList<string> images,
        QuantizationOptions options,
        FeatureCacheOptions? cache,
        Action<int, int>? progress,
        CancellationToken cancellationToken)
    {
        if (asked == OnnxPrecision.Float32)
        {
            return (backbone, new PrecisionChoice { Precision = OnnxPrecision.Float32, Reason = "as asked for" });
        }

        if (backbone is not VggBackbone { Model: VggModel model })
        {
            // Only a VGG's ranges can be measured and compared here; other networks run as they are.
            return asked == OnnxPrecision.Int8
                ? (backbone, new PrecisionChoice { Precision = OnnxPrecision.Int8, Reason = "as asked for" })
                : (backbone, new PrecisionChoice { Precision = OnnxPrecision.Float32, Reason = $"{backbone.DisplayName} is no VGG, whose 8-bit integers could be measured" });
        }

        var selection = new PrecisionSelection(model, images, options, cache, progress, cancellationToken);
        (VggModel network, PrecisionChoice choice) = asked == OnnxPrecision.Int8 ? selection.TakeInt8() : selection.Choose();
        return (new VggBackbone(network), choice);
    }

    private (VggModel, PrecisionChoice) TakeInt8()
    {
        if (_model.ActivationRanges is not null)
        {
            return (_model, new PrecisionChoice { Precision = OnnxPrecision.Int8, Reason = "as asked for, with the ranges that the backbone came with" });
        }

        QuantizationResult measured = ModelQuantizer.Measure(_model, _images, _options with { LargestSample = MeasuredImages }, _progress, _cancellationToken);
        return (_model.WithActivationRanges(measured.Ranges), new PrecisionChoice
        {
            Precision = OnnxPrecision.Int8,
            Reason = $"as asked for, with ranges measured on {measured.CalibrationImages} of the images",
            Similarity = measured.Similarity,
        });
    }

    private (VggModel, PrecisionChoice) Choose()
    {
        FeatureSimilarity? similarity = null;
        if (_model.ActivationRanges is not null)
        {
            similarity = ModelQuantizer.Compare(_model, Sample(_images), _options with { LargestSample = ComparedImages, FeatureCache = _cache }, _progress, _cancellationToken);
            if (IsSufficient(similarity))
            {
                return (_model, new PrecisionChoice
                {
                    Precision = OnnxPrecision.Int8,
                    Reason = $"{Describe(similarity)}, with the ranges that the backbone came with",
                    Similarity = similarity,
                });
            }
        }

        if (_images.Count < FewestImages)
        {
            return (_model, new PrecisionChoice
            {
                Precision = OnnxPrecision.Float32,
                Reason = $"{(similarity is null ? "no ranges for 8-bit integers came with the backbone" : $"8-bit integers are too far off ({Describe(similarity)})")}, and {_images.Count} images are too few to measure any on",
                Similarity = similarity,
            });
        }

        QuantizationResult? measured = ModelQuantizer.TryMeasure(_model, _images, _options with { LargestSample = MeasuredImages }, _progress, _cancellationToken);
        return measured is null
            ? (_model, new PrecisionChoice { Precision = OnnxPrecision.Float32, Reason = "there was no image to measure ranges for 8-bit integers on" })
            : IsSufficient(measured.Similarity)
            ? (_model.WithActivationRanges(measured.Ranges), new PrecisionChoice
            {
                Precision = OnnxPrecision.Int8,
                Reason = $"{Describe(measured.Similarity)}, with ranges measured on {measured.CalibrationImages} others",
                Similarity = measured.Similarity,
            })
            : (_model, new PrecisionChoice
            {
                Precision = OnnxPrecision.Float32,
                Reason = string.Create(CultureInfo.InvariantCulture, $"8-bit integers are too far off ({Describe(measured.Similarity)}; {SufficientMean} and {SufficientLeast} are asked for)"),
                Similarity = measured.Similarity,
            });
    }

    /// <summary>
    /// Images by a hash of their names, so that a folder that grows keeps nearly all of its sample, and with it the features that
    /// were compared before.
    /// </summary>
    private static string[] Sample(IReadOnlyList<string> images) =>
    [
        .. images.OrderBy(image => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(Path.Combine(Path.GetFileName(Path.GetDirectoryName(image)) ?? "", Path.GetFileName(image)).Replace('\\', '/'))))
            .Take(ComparedImages),
    ];

    private static bool IsSufficient(FeatureSimilarity similarity) =>
        similarity is { Images: > 0, MeanCosine: >= SufficientMean, LeastCosine: >= SufficientLeast };

    private static string Describe(FeatureSimilarity similarity) => similarity.Images == 0
        ? "no image could be compared"
        : string.Create(CultureInfo.InvariantCulture, $"cosine to floating point {similarity.MeanCosine:0.0000} on average, {similarity.LeastCosine:0.0000} at least, on {similarity.Images} images");
}
