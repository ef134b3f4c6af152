using VggTransfer.Images;

namespace VggTransfer.Cli;

/// <summary>Photos made small enough to lie inside a page.</summary>
internal static class ThumbnailImage
{
    private const int Quality = 75;

    /// <summary>A JPEG of a file, upright and with its proportions, as a data URI; null if it can't be read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="side">Pixels that its longer side has at the most.</param>
    public static string? TryCreate(string path, int side = 192)
    {
        try
        {
            return Create(path, side);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A report shows broken files as well: their names stand beside the gap.
            return null;
        }
    }

    private static string Create(string path, int side)
    {
        RgbImage pixels = ImageDecoder.Decode(path);
        double scale = Math.Min(1, (double)side / Math.Max(pixels.Width, pixels.Height));
        int width = Math.Max(1, (int)Math.Round(pixels.Width * scale));
        int height = Math.Max(1, (int)Math.Round(pixels.Height * scale));
        return Encode(pixels.Resize(width, height));
    }

    /// <summary>A JPEG of pixels, as a data URI.</summary>
    public static string Encode(RgbImage image) => $"data:image/jpeg;base64,{Convert.ToBase64String(image.ToJpeg(Quality))}";
}
