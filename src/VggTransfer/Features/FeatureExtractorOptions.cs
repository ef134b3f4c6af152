using System.ComponentModel.DataAnnotations;
using VggTransfer.Images;
using VggTransfer.Backbones;

namespace VggTransfer.Features;

/// <summary>What a <see cref="FeatureExtractor"/> takes from a network, and how it feeds it.</summary>
public sealed record FeatureExtractorOptions : FeatureNetworkOptions
{

    /// <summary>How a photo becomes a square; by default as ML.NET's <c>ResizeImages</c> does it, so that a saved chain sees the same pixels.</summary>
    public ResizeRecipe Resize { get; init; } = ResizeRecipe.MlNetCrop;

    /// <summary>Whether photos are turned upright, and what is too large to be decoded.</summary>
    public ImageDecodeOptions Decoding { get; init; } = ImageDecodeOptions.Default;

    /// <summary>
    /// Images in the network at a time, 1 to 256. Larger batches take more memory and, past 16 or so, gain little on a CPU.
    /// With <see cref="FeatureParallelism.Images"/> they are shared out among the threads, each of which has at least four of them.
    /// </summary>
    [Range(1, FeatureSettings.MaxBatchSize)]
    public int BatchSize { get; init; } = FeatureSettings.DefaultBatchSize;

    /// <summary>
    /// Whether each picture goes through the network a second time, mirrored, in the same batch; the mirror picture's features
    /// follow the picture's own, so that a result is twice as long.
    /// </summary>
    internal bool AddMirror { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ArgumentException">The algorithm and the arithmetic don't go together.</exception>
    /// <exception cref="PlatformNotSupportedException">This processor lacks the instructions of the algorithm.</exception>
    internal FeatureExtractorOptions Validate()
    {
        OptionRange.Check(this);
        ValidateAlgorithm();
        return this;
    }
}
