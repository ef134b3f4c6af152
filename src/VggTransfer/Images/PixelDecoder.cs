using System.Buffers;
using SkiaSharp;

namespace VggTransfer.Images;

/// <summary>
/// Decodes pixels with Skia's codecs (libjpeg-turbo, libpng, libwebp) as Pillow shows them after <c>convert("RGB")</c>: alpha
/// dropped, no colour management. Where Skia differs from that rule, the difference is made good here.
/// </summary>
internal static class PixelDecoder
{
    /// <summary>The stored or the upright pixels, as the options ask; the caller disposes them.</summary>
    /// <exception cref="InvalidImageException">The bytes cannot be decoded completely.</exception>
    public static PixelBuffer Decode(ReadOnlyMemory<byte> encoded, string name, ImageDecodeOptions options) =>
        Decode(encoded, name, Inspect(encoded.Span, name, options), options, DecodeReduction.None);

    /// <summary>The same, of a file that was inspected already, and perhaps at a fraction of its size.</summary>
    /// <exception cref="InvalidImageException">The bytes cannot be decoded completely.</exception>
    public static PixelBuffer Decode(
        ReadOnlyMemory<byte> encoded, string name, ImageContainer container, ImageDecodeOptions options, DecodeReduction reduction)
    {
        PixelBuffer stored = DecodeStored(encoded, name, container, reduction);
        if (options.Orientation == ImageOrientation.AsStored || container.Orientation == 1)
        {
            return stored;
        }

        using (stored)
        {
            PixelBuffer upright = container.SwapsSides ? new(stored.Height, stored.Width) : new(stored.Width, stored.Height);
            OrientationTransform.Apply(stored.Pixels, stored.Width, stored.Height, container.Orientation, upright.Pixels);
            return upright;
        }
    }

    /// <summary>
    /// Decodes as ML.NET does when it loads an image: alpha premultiplied, 32 bits a pixel in the platform's order; but
    /// refuses what is truncated or too large, and turns the picture upright if the options ask for it. The caller disposes it.
    /// </summary>
    /// <exception cref="InvalidImageException">The bytes cannot be decoded completely.</exception>
    public static PooledBitmap DecodeLikeMlNet(ReadOnlyMemory<byte> encoded, string name, ImageDecodeOptions options) =>
        DecodeLikeMlNet(encoded, name, Inspect(encoded.Span, name, options), options, DecodeReduction.None);

    /// <summary>The same, of a file that was inspected already, and perhaps at a fraction of its size.</summary>
    /// <exception cref="InvalidImageException">The bytes cannot be decoded completely.</exception>
    public static PooledBitmap DecodeLikeMlNet(
        ReadOnlyMemory<byte> encoded, string name, ImageContainer container, ImageDecodeOptions options, DecodeReduction reduction)
    {
        using MemoryHandle pin = encoded.Pin();
        using SkiaCodec codec = SkiaCodec.Open(pin, encoded, name, container.Format);
        codec.RefuseIfLarger(name, options.MaxPixels);
        if (reduction != DecodeReduction.None)
        {
            codec.RefuseUnlessSized(name, container.Width, container.Height);
        }

        PooledBitmap stored = codec.DecodePremultiplied(name, reduction);
        if (options.Orientation == ImageOrientation.AsStored || container.Orientation == 1)
        {
            return stored;
        }

        using (stored)
        {
            SKImageInfo info = stored.Bitmap.Info;
            PooledBitmap upright = new(container.SwapsSides ? info.WithSize(info.Height, info.Width) : info);
            OrientationTransform.Apply(
                SkiaPixels.Of(stored.Bitmap), info.Width, info.Height, container.Orientation, SkiaPixels.Of(upright.Bitmap));
            return upright;
        }
    }

    /// <summary>Everything that can be said about a file without decoding it.</summary>
    /// <exception cref="InvalidImageException">The file cannot be read as an image.</exception>
    public static ImageContainer Inspect(ReadOnlySpan<byte> encoded, string name, ImageDecodeOptions options)
    {
        ImageContainer container = ImageInspection.Inspect(encoded, name, options);
        RequireEnd(encoded, name, container.Format);
        return container;
    }

    private static PixelBuffer DecodeStored(ReadOnlyMemory<byte> encoded, string name, ImageContainer container, DecodeReduction reduction)
    {
        switch (container.Format)
        {
            case ImageFormat.Gif:
                return DecodeGif(encoded.Span, name, container);
            case ImageFormat.Ico:
                IcoPicture picture = IcoPicture.Find(encoded.Span);
                byte[] file = picture.ToFile(encoded.Span);
                ImageFormat inner = picture.IsPng ? ImageFormat.Png : ImageFormat.Bmp;
                return DecodeWithSkia(file, name, container with { Format = inner }, DecodeReduction.None);
            default:
                return DecodeWithSkia(encoded, name, container, reduction);
        }
    }

    private static PixelBuffer DecodeGif(ReadOnlySpan<byte> data, string name, ImageContainer container)
    {
        PixelBuffer pixels = new(container.Width, container.Height);
        try
        {
            GifFrame.Find(data).Decode(pixels.Bytes);
            return pixels;
        }
        catch (ImageFault fault)
        {
            pixels.Dispose();
            throw ImageInspection.Name(fault, name);
        }
    }

    private static PixelBuffer DecodeWithSkia(ReadOnlyMemory<byte> encoded, string name, ImageContainer container, DecodeReduction reduction)
    {
        using MemoryHandle pin = encoded.Pin();
        using SkiaCodec codec = SkiaCodec.Open(pin, encoded, name, container.Format);
        codec.RefuseUnlessSized(name, container.Width, container.Height);
        PixelBuffer pixels = new(reduction.Pixels(container.Width), reduction.Pixels(container.Height));
        try
        {
            codec.Decode(name, pixels);
            if (container.Format == ImageFormat.Bmp)
            {
                BmpCorrection.Apply(encoded.Span, pixels);
            }

            return pixels;
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    /// <summary>The codecs' word is not enough for a JPEG; and a missing end is a better reason than what they give.</summary>
    private static void RequireEnd(ReadOnlySpan<byte> encoded, string name, ImageFormat format)
    {
        if (format != ImageFormat.Jpeg)
        {
            return;
        }

        try
        {
            JpegSegments.RequireEnd(encoded);
        }
        catch (ImageFault fault)
        {
            throw ImageInspection.Name(fault, name);
        }
    }
}
