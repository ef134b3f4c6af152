namespace VggTransfer.Images;

/// <summary>How to decode, and what to refuse before memory is spent on it.</summary>
public sealed record ImageDecodeOptions
{
    /// <summary>Largest array of bytes that .NET allows, at four bytes a pixel while decoding.</summary>
    private const long PixelCeiling = 0x7FFFFFC7 / 4;

    /// <summary>The defaults: upright, at most 178,956,970 pixels and 512 MiB of file.</summary>
    public static ImageDecodeOptions Default { get; } = new();

    /// <summary>Whether the EXIF orientation is applied. Default: <see cref="ImageOrientation.Upright"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public ImageOrientation Orientation
    {
        get;
        init
        {
            if (!Enum.IsDefined(value))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(value), value, $"{nameof(Orientation)} must be {nameof(ImageOrientation.Upright)} or {nameof(ImageOrientation.AsStored)}.");
            }

            field = value;
        }
    } = ImageOrientation.Upright;

    /// <summary>
    /// Whether a large JPEG may be decoded at a fraction of its size where only a small square is wanted
    /// (<see cref="ImagePreparation"/>, <see cref="Features.FeatureExtractor"/>). <see cref="ImageDecoder"/> always decodes in
    /// full. Default: <see cref="DecodeScale.Full"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public DecodeScale Scale
    {
        get;
        init
        {
            if (!Enum.IsDefined(value))
            {
                throw new ArgumentOutOfRangeException(
                    nameof(value), value, $"{nameof(Scale)} must be {nameof(DecodeScale.Full)} or {nameof(DecodeScale.Fast)}.");
            }

            field = value;
        }
    } = DecodeScale.Full;

    /// <summary>
    /// Pixels (width x height) that a header may claim. Default: 178,956,970, above which Pillow, too, refuses an image as a
    /// decompression bomb. From 1 to 536,870,897.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public long MaxPixels
    {
        get;
        init => field = Check(value, PixelCeiling, nameof(MaxPixels));
    } = 178_956_970;

    /// <summary>Bytes that an encoded file may have. Default: 536,870,912 (512 MiB). From 1 to 2,147,483,591.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside the range.</exception>
    public long MaxBytes
    {
        get;
        init => field = Check(value, 0x7FFFFFC7, nameof(MaxBytes));
    } = 512L << 20;

    private static long Check(long value, long ceiling, string property) =>
        value >= 1 && value <= ceiling
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(value), value, $"{property} must lie between 1 and {ceiling}, but is {value}.");
}
