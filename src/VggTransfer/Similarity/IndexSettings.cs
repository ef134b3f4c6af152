using VggTransfer.Backbones;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.Similarity;

/// <summary>What the vectors of an index are: pictures can be compared only where all of it is the same.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Weights">SHA-256 of its tensors.</param>
/// <param name="Preprocessing">How its pixels are normalised.</param>
/// <param name="Layer">What is taken as features.</param>
/// <param name="InputSize">Side of the input in pixels.</param>
/// <param name="Orientation">Whether photos are turned upright.</param>
/// <param name="Scale">How large JPEGs are decoded; files of earlier versions don't say it.</param>
internal sealed record IndexSettings(
    string Network, string Weights, PreprocessingFamily? Preprocessing, string Layer, int InputSize, ImageOrientation Orientation, DecodeScale Scale = DecodeScale.Full)
{
    /// <summary>How pictures are decoded, those looked for as those looked among.</summary>
    public ImageDecodeOptions Decoding => new() { Orientation = Orientation, Scale = Scale };

    public static IndexSettings Of(IBackbone backbone, SimilarImageIndexOptions options) => new(
        backbone.DisplayName,
        Convert.ToHexStringLower(backbone.HashWeights(options.Threads)),
        backbone.Preprocessing,
        (options.Layer ?? backbone.DefaultLayer).ToString(),
        options.InputSize ?? backbone.InputSize,
        options.Orientation,
        DecodeScale.Fast);

    /// <summary>What differs, as the rest of a sentence; null if nothing does.</summary>
    public string? DifferenceFrom(IndexSettings other) =>
        Weights != other.Weights || Preprocessing != other.Preprocessing ? $"it was made with another network ({other.Network})"
        : Layer != other.Layer ? $"it was made with layer {other.Layer}"
        : InputSize != other.InputSize ? $"it was made at input size {other.InputSize}"
        : Orientation != other.Orientation ? $"it was made with photos {(other.Orientation == ImageOrientation.Upright ? "turned upright" : "as stored")}"
        : Scale != other.Scale ? "it was made by a version that decoded large photos in full"
        : null;
}
