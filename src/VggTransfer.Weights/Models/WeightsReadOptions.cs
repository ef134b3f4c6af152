
namespace VggTransfer.Models;

/// <summary>What a user knows of a weight file that the file may not say itself.</summary>
public sealed record WeightsReadOptions
{
    /// <summary>
    /// How pixels must be normalised for these weights; null if unknown. Hardly any file says it, and a wrong guess gives
    /// worse features without any error. A file that does say it can't be contradicted.
    /// </summary>
    public PreprocessingFamily? Preprocessing { get; init; }

    /// <summary>Whether a pool follows the last convolution, for files that don't say (Keras's weights-only files); null for the format's own rule.</summary>
    public bool? FifthPool { get; init; }

    /// <summary>Side of the square input in pixels, for files that don't say; null for the format's own rule.</summary>
    public int? InputSize { get; init; }
}
