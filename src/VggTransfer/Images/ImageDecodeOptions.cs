using System.ComponentModel.DataAnnotations;

namespace VggTransfer.Images;

/// <summary>How to decode, and what to refuse before memory is spent on it.</summary>
public sealed record ImageDecodeOptions
{
    /// <summary>Largest array of bytes that .NET allows.</summary>
    internal const double BytesCeiling = 0x7FFFFFC7;

    /// <summary>As many pixels as fit such an array, at four bytes each.</summary>
    internal const double PixelsCeiling = 0x7FFFFFC7 / 4;

    /// <summary>The defaults: upright, at most 178,956,970 pixels and 512 MiB of file.</summary>
    public static ImageDecodeOptions Default { get; } = new();

    /// <summary>Whether the EXIF orientation is applied. Default: <see cref="ImageOrientation.Upright"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public ImageOrientation Orientation { get; init => field = OptionRange.Checked<ImageDecodeOptions, ImageOrientation>(value); } = ImageOrientation.Upright;

    /// <summary>
    /// Whether a large JPEG may be decoded at a fraction of its size where only a small square is wanted
    /// (<see cref="ImagePreparation"/>, <see cref="Features.FeatureExtractor"/>). <see cref="ImageDecoder"/> always decodes in
    /// full. Default: <see cref="DecodeScale.Full"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public DecodeScale Scale { get; init => field = OptionRange.Checked<ImageDecodeOptions, DecodeScale>(value); } = DecodeScale.Full;

    /// <summary>
    /// Pixels (width x height) that a header may claim. Default: 178,956,970, above which Pillow, too, refuses an image as a
    /// decompression bomb. 1 to 536,870,897.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    [Range(1, PixelsCeiling)]
    public long MaxPixels { get; init => field = OptionRange.Checked<ImageDecodeOptions, long>(value); } = 178_956_970;

    /// <summary>Bytes that an encoded file may have. Default: 536,870,912 (512 MiB). 1 to 2,147,483,591.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    [Range(1, BytesCeiling)]
    public long MaxBytes { get; init => field = OptionRange.Checked<ImageDecodeOptions, long>(value); } = 512L << 20;
}
