using SkiaSharp;

namespace VggTransfer.Images;

/// <summary>A photo as ML.NET decodes it, for those that need both the square that prediction sees and the whole. Dispose it.</summary>
internal sealed class DecodedPhoto : IDisposable
{
    private readonly SKBitmap _bitmap;

    private DecodedPhoto(SKBitmap bitmap) => _bitmap = bitmap;

    public int Width => _bitmap.Width;

    public int Height => _bitmap.Height;

    /// <exception cref="InvalidImageException">The file is no usable image.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static DecodedPhoto Open(string path, ImageDecodeOptions options)
    {
        using FileContent file = FileContent.Read(path, options);

        // What is kept for long takes memory of its own, of exactly its size.
        using PooledBitmap decoded = PixelDecoder.DecodeLikeMlNet(file.Memory, path, options);
        return new DecodedPhoto(decoded.Bitmap.Copy());
    }

    /// <summary>Writes the square that prediction sees.</summary>
    public void CopySquare(int size, Span<byte> rgb) => MlNetCrop.Resize(_bitmap, size, rgb);

    /// <summary>Writes the whole photo in another size, by Pillow's bicubic filter; as it is where the size is its own.</summary>
    public void CopyResized(int width, int height, Span<byte> rgb)
    {
        if ((width, height) == (Width, Height))
        {
            SkiaPixels.CopyRgb(_bitmap, rgb);
            return;
        }

        byte[] whole = new byte[checked(Width * Height * 3)];
        SkiaPixels.CopyRgb(_bitmap, whole);
        using PixelBuffer pixels = PixelBuffer.From(new RgbImage(Width, Height, whole));
        Resampler.Resize(pixels, ResizeWindow.Whole(Width, Height, width, height), ResizeFilter.Bicubic, rgb);
    }

    public void Dispose() => _bitmap.Dispose();
}
