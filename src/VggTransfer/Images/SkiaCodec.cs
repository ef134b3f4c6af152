using System.Buffers;
using SkiaSharp;

namespace VggTransfer.Images;

/// <summary>An open Skia codec over pinned bytes; what it cannot do becomes an <see cref="InvalidImageException"/>.</summary>
internal sealed class SkiaCodec : IDisposable
{
    private readonly SKData _data;
    private readonly SKCodec _codec;

    private SkiaCodec(SKData data, SKCodec codec)
    {
        _data = data;
        _codec = codec;
    }

    /// <summary>Opens a codec; <paramref name="pin"/> must outlive it.</summary>
    /// <exception cref="InvalidImageException">Skia refuses the header.</exception>
    public static unsafe SkiaCodec Open(MemoryHandle pin, ReadOnlyMemory<byte> encoded, string name, ImageFormat format)
    {
        SKData data = SKData.Create((nint)pin.Pointer, encoded.Length);
        SKCodec? codec = SKCodec.Create(data);
        if (codec is null)
        {
            data.Dispose();
            throw Refused(name, ImageFault.Damaged($"its {FormatName(format)} header is broken or cut short, or uses a variant that is not read"));
        }

        return new SkiaCodec(data, codec);
    }

    /// <summary>Refuses pictures that the codec takes for another size than our own reading of the header.</summary>
    /// <exception cref="InvalidImageException">The sizes differ.</exception>
    public void RefuseUnlessSized(string name, int width, int height)
    {
        SKImageInfo info = _codec.Info;
        if (info.Width != width || info.Height != height)
        {
            throw Refused(name, ImageFault.Damaged(
                $"its headers contradict each other: {width} x {height} pixels or {info.Width} x {info.Height}"));
        }
    }

    /// <summary>Refuses what the codec would allocate beyond the limit, whatever the outer header said.</summary>
    /// <exception cref="InvalidImageException">Too many pixels, or none.</exception>
    public void RefuseIfLarger(string name, long maxPixels)
    {
        SKImageInfo info = _codec.Info;
        long pixels = (long)info.Width * info.Height;
        if (pixels < 1 || pixels > maxPixels)
        {
            throw Refused(name, ImageFault.Damaged($"a picture within it claims {info.Width} x {info.Height} pixels"));
        }
    }

    /// <summary>Decodes to RGBA without premultiplying and without converting colours.</summary>
    /// <exception cref="InvalidImageException">The data are broken or end early.</exception>
    public unsafe void Decode(string name, PixelBuffer pixels)
    {
        SKImageInfo info = new(pixels.Width, pixels.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul, _codec.Info.ColorSpace);
        fixed (byte* target = pixels.Bytes)
        {
            Require(name, _codec.GetPixels(info, (nint)target));
        }
    }

    /// <summary>
    /// Decodes as ML.NET 5.0.1 does (through SKBitmap.Decode): premultiplied, no colour space, then as 32-bit pixels if the
    /// codec's own type is another. The caller disposes it.
    /// </summary>
    /// <exception cref="InvalidImageException">The data are broken or end early.</exception>
    public PooledBitmap DecodePremultiplied(string name, DecodeReduction reduction)
    {
        SKImageInfo info = _codec.Info.WithSize(reduction.Pixels(_codec.Info.Width), reduction.Pixels(_codec.Info.Height));
        info.AlphaType = info.AlphaType == SKAlphaType.Unpremul ? SKAlphaType.Premul : info.AlphaType;
        info.ColorSpace = null;
        PooledBitmap bitmap = new(info);
        try
        {
            Require(name, _codec.GetPixels(info, bitmap.Bitmap.GetPixels()));
            return info.ColorType is SKColorType.Bgra8888 or SKColorType.Rgba8888 ? bitmap : Convert(name, bitmap);
        }
        catch
        {
            bitmap.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _codec.Dispose();
        _data.Dispose();
    }

    private static PooledBitmap Convert(string name, PooledBitmap bitmap)
    {
        PooledBitmap converted = new(bitmap.Bitmap.Info.WithColorType(SKColorType.Bgra8888));
        using SKPixmap source = bitmap.Bitmap.PeekPixels();
        using SKPixmap target = converted.Bitmap.PeekPixels();
        if (!source.ReadPixels(target))
        {
            converted.Dispose();
            throw Refused(name, ImageFault.Damaged($"its pixels of type {bitmap.Bitmap.ColorType} cannot be converted"));
        }

        bitmap.Dispose();
        return converted;
    }

    private static void Require(string name, SKCodecResult result)
    {
        if (result == SKCodecResult.Success)
        {
            return;
        }

        throw Refused(name, result == SKCodecResult.IncompleteInput
            ? ImageFault.Truncated("its data end before the last row of pixels")
            : ImageFault.Damaged($"its compressed data cannot be decoded ({result})"));
    }

    private static InvalidImageException Refused(string name, ImageFault fault) => ImageInspection.Name(fault, name);

    private static string FormatName(ImageFormat format) => format == ImageFormat.WebP ? "WebP" : format.ToString().ToUpperInvariant();
}
