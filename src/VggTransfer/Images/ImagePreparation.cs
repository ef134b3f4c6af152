
namespace VggTransfer.Images;

/// <summary>
/// From a photo to the network's input in one call: read, decode, resize. Buffers come from a pool, so that preparing many
/// photos allocates little. Thread-safe.
/// </summary>
public static class ImagePreparation
{
    /// <summary>Largest side of an input, in pixels.</summary>
    private const int MaxSize = 8192;

    /// <summary>Prepares a file.</summary>
    /// <param name="path">The file; it is closed again before decoding begins.</param>
    /// <param name="recipe">How to get the square.</param>
    /// <param name="size">Side of the square in pixels, 1 to 8192.</param>
    /// <param name="destination">Receives <c>size * size * 3</c> bytes: 8-bit RGB in HWC order.</param>
    /// <param name="options">Orientation and limits; <see cref="ImageDecodeOptions.Default"/> if null.</param>
    /// <exception cref="ArgumentException"><paramref name="path"/> is null or empty, or <paramref name="destination"/> has another length.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="recipe"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is out of range.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The path is a folder, or the file may not be read.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    /// <exception cref="InvalidImageException">The content is not a complete image in a format that is read.</exception>
    public static void Prepare(string path, ResizeRecipe recipe, int size, Span<byte> destination, ImageDecodeOptions? options = null)
    {
        Check(recipe, size, destination);
        options ??= ImageDecodeOptions.Default;
        using FileContent file = FileContent.Read(path, options);
        PrepareEncoded(file.Memory, path, recipe, size, destination, options);
    }

    /// <summary>Prepares the bytes of a file.</summary>
    /// <param name="encoded">The whole file.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="recipe">How to get the square.</param>
    /// <param name="size">Side of the square in pixels, 1 to 8192.</param>
    /// <param name="destination">Receives <c>size * size * 3</c> bytes: 8-bit RGB in HWC order.</param>
    /// <param name="options">Orientation and limits; <see cref="ImageDecodeOptions.Default"/> if null.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> or <paramref name="recipe"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is out of range.</exception>
    /// <exception cref="InvalidImageException">The content is not a complete image in a format that is read.</exception>
    public static void Prepare(
        ReadOnlyMemory<byte> encoded, string name, ResizeRecipe recipe, int size, Span<byte> destination, ImageDecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        Check(recipe, size, destination);
        PrepareEncoded(encoded, name, recipe, size, destination, options ?? ImageDecodeOptions.Default);
    }

    /// <summary>Prepares an image that is decoded already. Its alpha, if it had any, is gone: ML.NET's recipe sees it as opaque.</summary>
    /// <param name="image">The photo.</param>
    /// <param name="recipe">How to get the square.</param>
    /// <param name="size">Side of the square in pixels, 1 to 8192.</param>
    /// <param name="destination">Receives <c>size * size * 3</c> bytes: 8-bit RGB in HWC order.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another length.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="image"/> or <paramref name="recipe"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is out of range.</exception>
    public static void Prepare(RgbImage image, ResizeRecipe recipe, int size, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check(recipe, size, destination);
        if (recipe.IsMlNet)
        {
            MlNetCrop.Resize(image, size, destination);
            return;
        }

        using PixelBuffer pixels = PixelBuffer.From(image);
        Resize(pixels, recipe, size, destination);
    }

    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
    internal static void CheckSize(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
    }

    private static void Check(ResizeRecipe recipe, int size, ReadOnlySpan<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        CheckSize(size);
        if (destination.Length != size * size * 3)
        {
            throw new ArgumentException(
                $"An input of {size} x {size} pixels needs {size * size * 3} bytes, but the destination has {destination.Length}.", nameof(destination));
        }
    }

    private static void PrepareEncoded(
        ReadOnlyMemory<byte> encoded, string name, ResizeRecipe recipe, int size, Span<byte> destination, ImageDecodeOptions options)
    {
        ImageContainer container = PixelDecoder.Inspect(encoded.Span, name, options);
        var reduction = DecodeReduction.For(container, recipe, size, options.Scale);
        if (recipe.IsMlNet)
        {
            using PooledBitmap bitmap = PixelDecoder.DecodeLikeMlNet(encoded, name, container, options, reduction);
            if (reduction == DecodeReduction.None)
            {
                MlNetCrop.Resize(bitmap.Bitmap, size, destination);
            }
            else
            {
                MlNetCrop.Draw(bitmap.Bitmap, bitmap.Bitmap.Width * reduction.Divisor, bitmap.Bitmap.Height * reduction.Divisor, size, destination);
            }

            return;
        }

        using PixelBuffer pixels = PixelDecoder.Decode(encoded, name, container, options, reduction);
        if (reduction == DecodeReduction.None)
        {
            Resize(pixels, recipe, size, destination);
        }
        else
        {
            int orientation = options.Orientation == ImageOrientation.Upright ? container.Orientation : 1;
            (int width, int height) = orientation >= 5 ? (container.Height, container.Width) : (container.Width, container.Height);
            ResizeWindow window = recipe.Plan(width, height, size);
            ResizeBox area = reduction.Area(container, orientation);
            Resampler.Resize(pixels, window with { Box = Within(area, window.Box, reduction.Divisor) }, recipe.Filter, destination);
        }
    }

    private static ResizeBox Within(ResizeBox area, ResizeBox box, float divisor) => new(
        area.Left + (box.Left / divisor), area.Top + (box.Top / divisor),
        Math.Min(area.Left + (box.Right / divisor), area.Right), Math.Min(area.Top + (box.Bottom / divisor), area.Bottom));

    private static void Resize(PixelBuffer pixels, ResizeRecipe recipe, int size, Span<byte> destination)
    {
        ResizeWindow window = recipe.Plan(pixels.Width, pixels.Height, size);
        Resampler.Resize(pixels, window, recipe.Filter, destination);
    }
}
