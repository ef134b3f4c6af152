using System.Runtime.InteropServices;
using SkiaSharp;

namespace VggTransfer.Images;

/// <summary>Views of a 32-bit bitmap's pixels.</summary>
internal static class SkiaPixels
{
    /// <summary>One element a pixel, in the bitmap's own channel order. Valid while the bitmap lives.</summary>
    public static unsafe Span<uint> Of(SKBitmap bitmap) =>
        new((void*)bitmap.GetPixels(), bitmap.ByteCount / sizeof(uint));

    /// <summary>A bitmap of pixels. Dispose it.</summary>
    public static SKBitmap ToBitmap(RgbImage image)
    {
        var bitmap = new SKBitmap(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        using PixelBuffer pixels = PixelBuffer.From(image);
        Span<uint> target = Of(bitmap);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = pixels.Pixels[i] | 0xFF000000;
        }

        return bitmap;
    }

    /// <summary>The bytes of a file of pixels.</summary>
    public static byte[] Encode(RgbImage image, SKEncodedImageFormat format, int quality)
    {
        using SKBitmap bitmap = ToBitmap(image);
        using SKData data = bitmap.Encode(format, quality);
        return data.ToArray();
    }

    /// <summary>Writes RGB, three bytes a pixel; alpha is dropped.</summary>
    public static void CopyRgb(SKBitmap bitmap, Span<byte> rgb)
    {
        ReadOnlySpan<uint> pixels = Of(bitmap);
        if (bitmap.ColorType == SKColorType.Rgba8888)
        {
            PixelBuffer.Compact(MemoryMarshal.AsBytes(pixels), rgb);
            return;
        }

        for (int i = 0; i < pixels.Length; i++)
        {
            uint bgra = pixels[i];
            rgb[i * 3] = (byte)(bgra >> 16);
            rgb[(i * 3) + 1] = (byte)(bgra >> 8);
            rgb[(i * 3) + 2] = (byte)bgra;
        }
    }
}
