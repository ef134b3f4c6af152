namespace VggTransfer.Images;

/// <summary>
/// Resizes like Pillow's <c>Image.resize</c>, bit for bit: antialiased when shrinking, fixed-point weights, rounded to
/// 8 bits between the passes, the horizontal pass first unless the height shrinks by more than twice as many pixels as the width. torchvision and timm resize PIL images this way, and so does
/// Keras' <c>load_img</c>.
/// </summary>
internal static class PillowResize
{
    /// <summary>Resizes an image, or a box of it.</summary>
    /// <param name="image">The source.</param>
    /// <param name="width">Columns of the result, at least 1.</param>
    /// <param name="height">Rows of the result, at least 1; the result may have at most 536,870,897 pixels.</param>
    /// <param name="filter">How to weigh the source's pixels.</param>
    /// <param name="box">The part of the source to resize; all of it if null.</param>
    /// <returns>A new image of <paramref name="width"/> x <paramref name="height"/> pixels.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="image"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size, the filter or the box is out of range.</exception>
    public static RgbImage Resize(RgbImage image, int width, int height, ResizeFilter filter, ResizeBox? box = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)width * height, 0x7FFFFFC7 / 4, nameof(width));
        if (!Enum.IsDefined(filter))
        {
            throw new ArgumentOutOfRangeException(nameof(filter), filter, "The filter is not a member of ResizeFilter.");
        }

        ResizeBox part = box ?? new ResizeBox(0, 0, image.Width, image.Height);
        if (!(part.Left >= 0 && part.Top >= 0 && part.Right > part.Left && part.Bottom > part.Top
            && part.Right <= image.Width && part.Bottom <= image.Height))
        {
            throw new ArgumentOutOfRangeException(
                nameof(box), part, $"The box must lie within the image of {image.Width} x {image.Height} pixels and hold some of it.");
        }

        byte[] rgb = new byte[checked(width * height * 3)];
        using PixelBuffer source = PixelBuffer.From(image);
        Resampler.Resize(source, ResizeWindow.Whole(part, width, height), filter, rgb);
        return new RgbImage(width, height, rgb);
    }
}
