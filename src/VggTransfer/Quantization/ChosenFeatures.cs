using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Backbones;
using VggTransfer.Models;

namespace VggTransfer.Quantization;

/// <summary>Features in the arithmetic that suits the images.</summary>
/// <param name="Features">Where they come from.</param>
/// <param name="Network">The network that gives them, with the ranges of its activations where it computes in 8-bit integers.</param>
/// <param name="Precision">The arithmetic, and why.</param>
internal sealed record ChosenFeatures(FolderFeatures Features, IBackbone Network, PrecisionChoice Precision) : IDisposable
{
    /// <summary>Chooses the arithmetic, and opens the cache.</summary>
    /// <param name="backbone">The network; it stays the caller's.</param>
    /// <param name="asked">The arithmetic that the user wants; null to choose.</param>
    /// <param name="images">The images to compare on.</param>
    /// <param name="options">What to take from the network.</param>
    /// <param name="cache">Where features are kept; null to keep none.</param>
    /// <param name="refuse">What to throw where an image can't be read; null to skip it.</param>
    /// <param name="progress">Told how many images of how many are compared.</param>
    /// <param name="cancellationToken">Ends the comparison between two batches.</param>
    /// <exception cref="ArgumentException">8-bit integers are wanted, and there is no image that can be read to measure ranges on.</exception>
    public static ChosenFeatures Open(
        IBackbone backbone,
        OnnxPrecision? asked,
        IReadOnlyList<string> images,
        FeatureExtractorOptions options,
        FeatureCacheOptions? cache,
        Func<ImageFeatures, Exception>? refuse,
        Action<int, int> progress,
        CancellationToken cancellationToken)
    {
        var comparison = new QuantizationOptions
        {
            Layer = options.Layer,
            InputSize = options.InputSize,
            Decoding = options.Decoding,
            BatchSize = options.BatchSize,
            Threads = options.Threads,
        };
        (IBackbone network, PrecisionChoice precision) = PrecisionSelection.Choose(backbone, asked, images, comparison, cache, progress, cancellationToken);
        return new ChosenFeatures(new FolderFeatures(network, options with { Precision = precision.Precision }, cache) { Refuse = refuse }, network, precision);
    }

    public void Dispose() => Features.Dispose();
}
