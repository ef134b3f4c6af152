using System.ComponentModel.DataAnnotations;
using VggTransfer.Architectures;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.Quantization;

/// <summary>How the ranges of a network's activations are found.</summary>
public sealed record QuantizationOptions
{
    /// <summary>How ranges follow from what was seen; null tries all and takes the one whose worst features are nearest to those in 4-byte floating point.</summary>
    public RangeMethod? Method { get; init; }

    /// <summary>The features that are compared; by default fc7, or the average of block 5 where the network has no dense part.</summary>
    public FeatureLayer? Layer { get; init; }

    /// <summary>Side of the network's input in pixels, 32 to 4096; by default the architecture's.</summary>
    [Range(VggArchitecture.SmallestInput, VggArchitecture.LargestInput)]
    public int? InputSize { get; init; }

    /// <summary>How many of the images are used at most, 1 to 10,000; 100 to 500 are enough.</summary>
    [Range(1, 10_000)]
    public int LargestSample { get; init; } = 200;

    /// <summary>Whether photos are turned upright, and what is too large to be decoded.</summary>
    public ImageDecodeOptions Decoding { get; init; } = new() { Orientation = ImageOrientation.Upright };

    /// <summary>Whether an image that can't be read ends the work; otherwise it is skipped and reported.</summary>
    public bool Strict { get; init; }

    /// <summary>Images in a batch while features are compared, 1 to 256; ranges are measured one image at a time.</summary>
    [Range(1, FeatureExtractorOptions.MaxBatchSize)]
    public int BatchSize { get; init; } = FeatureExtractorOptions.DefaultBatchSize;

    /// <summary>Threads, 1 to 1024; by default one for each processor.</summary>
    [Range(1, ThreadCount.Maximum)]
    public int Threads { get; init; } = ThreadCount.Default;

    /// <summary>Where features are kept that are computed to compare them; null to keep none.</summary>
    internal FeatureCacheOptions? FeatureCache { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate() => OptionRange.Check(this);
}
