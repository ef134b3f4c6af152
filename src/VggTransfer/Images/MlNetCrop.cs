using SkiaSharp;

namespace VggTransfer.Images;

/// <summary>
/// ML.NET 5.0.1's <c>ResizeImages</c> with <c>IsoCrop</c> and the centre as anchor, by the same drawing call with the same
/// numbers, so that pixels prepared for training equal those of a saved ML.NET chain.
/// </summary>
internal static class MlNetCrop
{
    /// <summary>Draws a bitmap over a square and writes the square's RGB.</summary>
    public static void Resize(SKBitmap source, int size, Span<byte> rgb)
    {
        // ML.NET passes an image of the right size on as it is.
        if (source.Width == size && source.Height == size)
        {
            SkiaPixels.CopyRgb(source, rgb);
            return;
        }

        float horizontal = (float)size / source.Width;
        float vertical = (float)size / source.Height;
        float aspect = Math.Max(horizontal, vertical);
        int left = vertical < horizontal ? 0 : (int)((size - (source.Width * aspect)) / 2);
        int top = vertical < horizontal ? (int)((size - (source.Height * aspect)) / 2) : 0;
        int width = (int)(source.Width * aspect);
        int height = (int)(source.Height * aspect);

        using SKBitmap square = new(size, size, isOpaque: true);
        using SKCanvas canvas = new(square);
        using SKPaint paint = new() { FilterQuality = SKFilterQuality.High };
        canvas.DrawBitmap(
            source, new SKRect(0, 0, source.Width, source.Height), new SKRect(left, top, left + width, top + height), paint);
        SkiaPixels.CopyRgb(square, rgb);
    }

    /// <summary>The same for pixels that are decoded already; there is no alpha in them.</summary>
    public static void Resize(RgbImage image, int size, Span<byte> rgb)
    {
        using PixelBuffer pixels = PixelBuffer.From(image);
        using SKBitmap bitmap = new(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Span<uint> target = SkiaPixels.Of(bitmap);
        ReadOnlySpan<uint> source = pixels.Pixels;
        for (int i = 0; i < source.Length; i++)
        {
            target[i] = source[i] | 0xFF000000;
        }

        Resize(bitmap, size, rgb);
    }
}
