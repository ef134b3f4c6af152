using SkiaSharp;

namespace VggTransfer.Images;

/// <summary>
/// A decoded picture: 8-bit RGB, stored height x width x channel (HWC), row by row from the top left, without padding.
/// </summary>
/// <remarks>The image owns the array it was given; it is immutable as long as nobody else writes to that array.</remarks>
public sealed class RgbImage
{
    /// <summary>Wraps an array of pixels without copying it.</summary>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">Exactly <c>width * height * 3</c> bytes, red first.</param>
    /// <exception cref="ArgumentNullException"><paramref name="pixels"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A side is less than 1.</exception>
    /// <exception cref="ArgumentException">The array's length does not match the sides.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        long expected = (long)width * height * 3;
        if (pixels.Length != expected)
        {
            throw new ArgumentException(
                $"An RGB image of {width} x {height} pixels needs {expected} bytes, but the array holds {pixels.Length}.",
                nameof(pixels));
        }

        Width = width;
        Height = height;
        Array = pixels;
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>The pixels, <c>Height * Width * 3</c> bytes: the red of column x in row y is at <c>(y * Width + x) * 3</c>.</summary>
    public ReadOnlySpan<byte> Pixels => Array;

    /// <summary>The whole image in another size, bit for bit as Pillow's <c>Image.resize</c> makes it: antialiased where it shrinks.</summary>
    /// <param name="width">Columns of the result, at least 1.</param>
    /// <param name="height">Rows of the result, at least 1.</param>
    /// <param name="filter">How to weigh the pixels.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size or the filter is out of range.</exception>
    public RgbImage Resize(int width, int height, ResizeFilter filter = ResizeFilter.Bilinear) => PillowResize.Resize(this, width, height, filter);

    /// <summary>The image as the bytes of a JPEG file.</summary>
    /// <param name="quality">1 (small) to 100 (good).</param>
    /// <exception cref="ArgumentOutOfRangeException">The quality is out of range.</exception>
    public byte[] ToJpeg(int quality = 90)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return SkiaPixels.Encode(this, SKEncodedImageFormat.Jpeg, quality);
    }

    /// <summary>The array behind <see cref="Pixels"/>.</summary>
    internal byte[] Array { get; }
}
