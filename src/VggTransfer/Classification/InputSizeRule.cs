using VggTransfer.Images;

namespace VggTransfer.Classification;

/// <summary>
/// The input size that suits a user's images, for networks that take any. Tiny pictures gain nothing from being blown
/// up to 224 pixels, photos gain from more than that: measured with the embedded backbone, 32x32 pictures are classified
/// best at 128, photos at 288.
/// </summary>
internal static class InputSizeRule
{
    /// <summary>Headers read to learn how large the images are.</summary>
    private const int Sample = 200;

    /// <summary>The size to use, and the one to compare it with where time allows.</summary>
    public static (int Size, int Alternative) For(IReadOnlyList<string> paths, ImageDecodeOptions decoding) =>
        (MedianSide(paths, decoding) ?? 224) switch
        {
            <= 48 => (128, 96),
            <= 112 => (128, 160),
            <= 192 => (160, 224),
            <= 256 => (224, 160),
            _ => (288, 224),
        };

    /// <summary>The shorter side, in pixels, that is in the middle of those of the images; null if none can be read.</summary>
    public static int? MedianSide(IReadOnlyList<string> paths, ImageDecodeOptions decoding)
    {
        var sides = new List<int>();
        for (int i = 0; i < Math.Min(Sample, paths.Count); i++)
        {
            // Evenly over all classes: the paths are in order.
            string path = paths[(int)((long)i * paths.Count / Math.Min(Sample, paths.Count))];
            try
            {
                ImageHeader header = ImageDecoder.ReadHeader(path, decoding);
                sides.Add(Math.Min(header.Width, header.Height));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Unreadable files are reported when their features are asked for.
                continue;
            }
        }

        sides.Sort();
        return sides.Count == 0 ? null : sides[sides.Count / 2];
    }
}
