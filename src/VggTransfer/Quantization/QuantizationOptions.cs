using System.ComponentModel.DataAnnotations;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.Quantization;

/// <summary>How the ranges of a network's activations are found. They are measured one image at a time, and compared in batches.</summary>
public sealed record QuantizationOptions : FeatureSettings
{
    /// <summary>How ranges follow from what was seen; null tries all and takes the one whose worst features are nearest to those in 4-byte floating point.</summary>
    public RangeMethod? Method { get; init; }

    /// <summary>How many of the images are used at most, 1 to 10,000; 100 to 500 are enough.</summary>
    [Range(1, 10_000)]
    public int LargestSample { get; init; } = 200;

    /// <summary>Whether photos are turned upright, and what is too large to be decoded.</summary>
    public ImageDecodeOptions Decoding { get; init; } = new() { Orientation = ImageOrientation.Upright };

    /// <summary>Whether an image that can't be read ends the work; otherwise it is skipped and reported.</summary>
    public bool Strict { get; init; }

    /// <summary>Where features are kept that are computed to compare them; null to keep none.</summary>
    internal FeatureCacheOptions? FeatureCache { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate() => OptionRange.Check(this);
}
