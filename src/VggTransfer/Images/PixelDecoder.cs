using System.Buffers;
using SkiaSharp;
using VggTransfer.Images.Formats;

namespace VggTransfer.Images;

/// <summary>
/// Decodes pixels with Skia's codecs (libjpeg-turbo, libpng, libwebp) as Pillow shows them after <c>convert("RGB")</c>: alpha
/// dropped, no colour management. Where Skia differs from that rule, the difference is made good here.
/// </summary>
internal static class PixelDecoder
{
    /// <summary>The stored or the upright pixels, as the options ask; the caller disposes them.</summary>
    /// <exception cref="InvalidImageException">The bytes cannot be decoded completely.</exception>
    public static PixelBuffer Decode(ReadOnlyMemory<byte> encoded, string name, ImageDecodeOptions options)
    {
        ImageContainer container = ImageInspection.Inspect(encoded.Span, name, options);
        RequireEnd(encoded.Span, name, container.Format);
        PixelBuffer stored = DecodeStored(encoded, name, container);
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
    public static SKBitmap DecodeLikeMlNet(ReadOnlyMemory<byte> encoded, string name, ImageDecodeOptions options)
    {
        ImageContainer container = ImageInspection.Inspect(encoded.Span, name, options);
        RequireEnd(encoded.Span, name, container.Format);
        using MemoryHandle pin = encoded.Pin();
        using SkiaCodec codec = SkiaCodec.Open(pin, encoded, name, container.Format);
        codec.RefuseIfLarger(name, options.MaxPixels);
        SKBitmap bitmap = codec.DecodePremultiplied(name);
        if (options.Orientation == ImageOrientation.AsStored || container.Orientation == 1)
        {
            return bitmap;
        }

        using (bitmap)
        {
            SKImageInfo info = bitmap.Info;
            SKBitmap upright = new(container.SwapsSides ? info.WithSize(info.Height, info.Width) : info);
            OrientationTransform.Apply(
                SkiaPixels.Of(bitmap), info.Width, info.Height, container.Orientation, SkiaPixels.Of(upright));
            return upright;
        }
    }

    private static PixelBuffer DecodeStored(ReadOnlyMemory<byte> encoded, string name, ImageContainer container)
    {
        switch (container.Format)
        {
            case ImageFormat.Gif:
                return DecodeGif(encoded.Span, name, container);
            case ImageFormat.Ico:
                IcoPicture picture = IcoPicture.Find(encoded.Span);
                byte[] file = picture.ToFile(encoded.Span);
                ImageFormat inner = picture.IsPng ? ImageFormat.Png : ImageFormat.Bmp;
                return DecodeWithSkia(file, name, container with { Format = inner });
            default:
                return DecodeWithSkia(encoded, name, container);
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

    private static PixelBuffer DecodeWithSkia(ReadOnlyMemory<byte> encoded, string name, ImageContainer container)
    {
        using MemoryHandle pin = encoded.Pin();
        using SkiaCodec codec = SkiaCodec.Open(pin, encoded, name, container.Format);
        codec.RefuseUnlessSized(name, container.Width, container.Height);
        PixelBuffer pixels = new(container.Width, container.Height);
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
