using VggTransfer.Models;

namespace VggTransfer.Quantization;

/// <summary>The arithmetic in which a network gives a classifier its features, and why.</summary>
public sealed record PrecisionChoice
{
    /// <summary>The choice where there was none: 4-byte floating point.</summary>
    internal static PrecisionChoice Usual { get; } = new() { Precision = OnnxPrecision.Float32, Reason = "the usual one" };

    /// <summary>The arithmetic.</summary>
    public required OnnxPrecision Precision { get; init; }

    /// <summary>Why, in a few words.</summary>
    public required string Reason { get; init; }

    /// <summary>How near 8-bit integers came to 4-byte floating point; null where they weren't compared.</summary>
    public FeatureSimilarity? Similarity { get; init; }
}
