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

        Draw(source, source.Width, source.Height, size, rgb);
    }

    /// <summary>Draws a picture over a square and writes the square's RGB.</summary>
    /// <param name="source">The picture; its sides may have been divided by a number that divides them evenly.</param>
    /// <param name="pictureWidth">Columns of the whole picture.</param>
    /// <param name="pictureHeight">Rows of the whole picture.</param>
    /// <param name="size">Side of the square.</param>
    /// <param name="rgb">Receives the square.</param>
    public static void Draw(SKBitmap source, int pictureWidth, int pictureHeight, int size, Span<byte> rgb)
    {
        float horizontal = (float)size / pictureWidth;
        float vertical = (float)size / pictureHeight;
        float aspect = Math.Max(horizontal, vertical);
        int left = vertical < horizontal ? 0 : (int)((size - (pictureWidth * aspect)) / 2);
        int top = vertical < horizontal ? (int)((size - (pictureHeight * aspect)) / 2) : 0;
        int width = (int)(pictureWidth * aspect);
        int height = (int)(pictureHeight * aspect);

        // What can't change any more is drawn without a copy.
        source.SetImmutable();
        using PooledBitmap square = new(new SKImageInfo(size, size, SKImageInfo.PlatformColorType, SKAlphaType.Opaque));
        SkiaPixels.Of(square.Bitmap).Clear();
        using SKCanvas canvas = new(square.Bitmap);
        using SKPaint paint = new() { FilterQuality = SKFilterQuality.High };
        canvas.DrawBitmap(
            source, new SKRect(0, 0, source.Width, source.Height), new SKRect(left, top, left + width, top + height), paint);
        SkiaPixels.CopyRgb(square.Bitmap, rgb);
    }

    /// <summary>The same for pixels that are decoded already; there is no alpha in them.</summary>
    public static void Resize(RgbImage image, int size, Span<byte> rgb)
    {
        using SKBitmap bitmap = SkiaPixels.ToBitmap(image);
        Resize(bitmap, size, rgb);
    }
}
