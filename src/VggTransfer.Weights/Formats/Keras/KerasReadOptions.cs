namespace VggTransfer.Weights.Formats.Keras;

/// <summary>What a caller knows of a Keras file that the file may not say itself. What the file says goes first.</summary>
public sealed record KerasReadOptions
{
    /// <summary>
    /// Whether a pool follows the last convolution; null for the rule: as the file's configuration or its list of layers
    /// says, and where it says nothing, yes, as in the paper.
    /// </summary>
    public bool? FifthPool { get; init; }

    /// <summary>
    /// Side of the square input in pixels; null for the file's own, or the smallest that gives the map that the dense layers
    /// take, or 224 where there are none. Taken only where it gives that map.
    /// </summary>
    public int? InputSize { get; init; }

    /// <summary>Batch normalisation's epsilon; null for the file's own, or Keras's default, 1e-3.</summary>
    public double? BatchNormEpsilon { get; init; }
}
