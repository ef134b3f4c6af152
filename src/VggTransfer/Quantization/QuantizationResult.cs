using VggTransfer.Features;
using VggTransfer.Models;

namespace VggTransfer.Quantization;

/// <summary>What measuring a network's ranges found.</summary>
/// <param name="Ranges">The ranges by Keras's layer names, for <see cref="VggModel.WithActivationRanges"/>.</param>
/// <param name="Method">How they were chosen.</param>
/// <param name="Trials">Each method that was tried, and how near its features came to those in 4-byte floating point.</param>
/// <param name="CalibrationImages">Images that the ranges come from.</param>
/// <param name="ComparedImages">Images on which features were compared; others than those, where there were enough.</param>
/// <param name="Skipped">Images that couldn't be read.</param>
public sealed record QuantizationResult(
    IReadOnlyDictionary<string, ActivationRange> Ranges,
    RangeMethod Method,
    IReadOnlyList<QuantizationTrial> Trials,
    int CalibrationImages,
    int ComparedImages,
    IReadOnlyList<SkippedImage> Skipped)
{
    /// <summary>How near the features of the chosen method came.</summary>
    public FeatureSimilarity Similarity => Trials.Single(trial => trial.Method == Method).Similarity;
}

/// <summary>A way of choosing ranges that was tried.</summary>
/// <param name="Method">How ranges were chosen.</param>
/// <param name="Similarity">How near features came.</param>
public sealed record QuantizationTrial(RangeMethod Method, FeatureSimilarity Similarity);
