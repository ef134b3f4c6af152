namespace VggTransfer.Images;

/// <summary>Everything that is decided about a file before its pixels are decoded.</summary>
internal static class ImageInspection
{
    /// <summary>Recognises the format, reads the header and refuses what is broken or too large.</summary>
    /// <param name="data">The file.</param>
    /// <param name="name">The file's name in messages.</param>
    /// <param name="options">The limits.</param>
    /// <exception cref="InvalidImageException">The file cannot be read as an image.</exception>
    public static ImageContainer Inspect(ReadOnlySpan<byte> data, string name, ImageDecodeOptions options)
    {
        RefuseIfTooLong(data.Length, name, options);
        try
        {
            return Inspect(data, options);
        }
        catch (ImageFault fault)
        {
            throw Name(fault, name);
        }
    }

    /// <exception cref="InvalidImageException">The file is longer than <see cref="ImageDecodeOptions.MaxBytes"/>.</exception>
    public static void RefuseIfTooLong(long length, string name, ImageDecodeOptions options)
    {
        if (length > options.MaxBytes)
        {
            throw new InvalidImageException(
                name,
                $"is {length} bytes long, which is above the limit of {options.MaxBytes}",
                $"Raise {nameof(ImageDecodeOptions)}.{nameof(ImageDecodeOptions.MaxBytes)} if the file is trusted.");
        }
    }

    /// <summary>Adds the file's name to what a parser found.</summary>
    public static InvalidImageException Name(ImageFault fault, string name) => new(name, fault.Message, fault.Advice);

    private static ImageContainer Inspect(ReadOnlySpan<byte> data, ImageDecodeOptions options)
    {
        ImageFormat format = FormatSignature.Recognise(data);

        // The size comes first: a bomb is to be called a bomb, even where it is cut short as well.
        ImageContainer container = format switch
        {
            ImageFormat.Jpeg => JpegSegments.Read(data),
            ImageFormat.Png => PngChunks.ReadSize(data),
            ImageFormat.WebP => WebpChunks.Read(data),
            ImageFormat.Gif => SizeOf(GifFrame.Find(data)),
            ImageFormat.Bmp => SizeOf(BmpHeader.Read(data[Math.Min(data.Length, BmpHeader.FileHeaderSize)..])),
            _ => IcoPicture.Find(data).ReadSize(data),
        };

        if (container.Width <= 0 || container.Height <= 0)
        {
            throw ImageFault.Damaged(
                $"its header claims {container.Width} x {container.Height} pixels, but {(container.Width <= 0 ? "a width" : "a height")} of 0 is impossible");
        }

        long pixels = (long)container.Width * container.Height;
        if (pixels > options.MaxPixels)
        {
            throw new ImageFault(
                $"claims {container.Width} x {container.Height} = {pixels} pixels, which is above the limit of {options.MaxPixels} and could be a decompression bomb",
                $"Raise {nameof(ImageDecodeOptions)}.{nameof(ImageDecodeOptions.MaxPixels)} if the file is trusted.");
        }

        return format == ImageFormat.Png ? PngChunks.Read(data) : container;
    }

    private static ImageContainer SizeOf(GifFrame frame) => new(ImageFormat.Gif, frame.CanvasWidth, frame.CanvasHeight);

    private static ImageContainer SizeOf(BmpHeader header) => new(ImageFormat.Bmp, header.Width, header.Height);
}
