
namespace VggTransfer.Images;

/// <summary>
/// Decodes JPEG, PNG, WebP, GIF, BMP and ICO to the pixels that Pillow's <c>convert("RGB")</c> gives: first frame, alpha
/// dropped without blending, 16-bit samples by their high byte, ICC profiles and gamma ignored. Thread-safe.
/// </summary>
/// <remarks>
/// Bad content, whatever the bytes, is refused with <see cref="InvalidImageException"/>: nothing is guessed where data are
/// missing. The size is checked before memory is allocated for pixels.
/// </remarks>
public static class ImageDecoder
{
    /// <summary>Decodes a file. It is opened, read and closed before decoding begins.</summary>
    /// <param name="path">The file. Its extension does not matter.</param>
    /// <param name="options">Orientation and limits; <see cref="ImageDecodeOptions.Default"/> if null.</param>
    /// <returns>8-bit RGB in HWC order.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The path is a folder, or the file may not be read.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    /// <exception cref="InvalidImageException">The content is not a complete image in a format that is read.</exception>
    public static RgbImage Decode(string path, ImageDecodeOptions? options = null)
    {
        options ??= ImageDecodeOptions.Default;
        using FileContent file = FileContent.Read(path, options);
        using PixelBuffer pixels = PixelDecoder.Decode(file.Memory, path, options);
        return pixels.ToImage();
    }

    /// <summary>Decodes the bytes of a file.</summary>
    /// <param name="encoded">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="options">Orientation and limits; <see cref="ImageDecodeOptions.Default"/> if null.</param>
    /// <returns>8-bit RGB in HWC order.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    /// <exception cref="InvalidImageException">The content is not a complete image in a format that is read.</exception>
    public static RgbImage Decode(ReadOnlyMemory<byte> encoded, string name, ImageDecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        using PixelBuffer pixels = PixelDecoder.Decode(encoded, name, options ?? ImageDecodeOptions.Default);
        return pixels.ToImage();
    }

    /// <summary>
    /// Reads what the header says, without decoding. Success does not promise that the pixels are complete. Usually the first
    /// 256 KiB are enough; a longer PNG is read whole, because its orientation may stand at its end.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Orientation and limits; <see cref="ImageDecodeOptions.Default"/> if null.</param>
    /// <returns>The size as <see cref="Decode(string, ImageDecodeOptions?)"/> would return it, and the format.</returns>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The path is a folder, or the file may not be read.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    /// <exception cref="InvalidImageException">The header is broken, of an unknown format, or claims too many pixels.</exception>
    public static ImageHeader ReadHeader(string path, ImageDecodeOptions? options = null)
    {
        options ??= ImageDecodeOptions.Default;
        using (FileContent head = FileContent.ReadHead(path, options))
        {
            if (head.IsWhole)
            {
                return Header(ImageInspection.Inspect(head.Memory.Span, path, options), options);
            }

            if (!head.Memory.Span.StartsWith(PngChunks.Signature) && TryInspect(head.Memory.Span, path, options) is { } container)
            {
                return Header(container, options);
            }
        }

        using FileContent file = FileContent.Read(path, options);
        return Header(ImageInspection.Inspect(file.Memory.Span, path, options), options);
    }

    private static ImageContainer? TryInspect(ReadOnlySpan<byte> head, string path, ImageDecodeOptions options)
    {
        try
        {
            return ImageInspection.Inspect(head, path, options);
        }
        catch (InvalidImageException)
        {
            // The head may end within the header; the whole file decides.
            return null;
        }
    }

    private static ImageHeader Header(ImageContainer container, ImageDecodeOptions options) =>
        options.Orientation == ImageOrientation.Upright && container.SwapsSides
            ? new ImageHeader(container.Height, container.Width, container.Format)
            : new ImageHeader(container.Width, container.Height, container.Format);
}
