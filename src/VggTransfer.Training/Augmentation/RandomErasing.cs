using VggTransfer.Keras.Data;

namespace VggTransfer.Augmentation;

/// <summary>
/// Replaces a rectangle by noise (Zhong and others, Random Erasing Data Augmentation, 2017; the numbers are those of its section 3.3,
/// and of torchvision's <c>RandomErasing</c>).
/// </summary>
internal static class RandomErasing
{
    private const double SmallestArea = 0.02, LargestArea = 0.33;
    private const double SmallestAspect = 0.3;
    private const int Attempts = 10;
    private const int Channels = 3;

    /// <summary>Erases in place.</summary>
    /// <param name="rgb"><paramref name="size"/> x <paramref name="size"/> x 3 bytes.</param>
    /// <param name="size">The side in pixels.</param>
    /// <param name="random">The numbers.</param>
    public static void Apply(Span<byte> rgb, int size, SampleRandom random)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = random.Between(SmallestArea, LargestArea) * size * size;
            double aspect = Math.Pow(SmallestAspect, random.Between(-1, 1));
            int width = (int)Math.Round(Math.Sqrt(area * aspect)), height = (int)Math.Round(Math.Sqrt(area / aspect));
            if (width < 1 || height < 1 || width > size || height > size)
            {
                continue;
            }

            int left = random.Below(size - width + 1), top = random.Below(size - height + 1);
            for (int y = top; y < top + height; y++)
            {
                foreach (ref byte value in rgb.Slice(((y * size) + left) * Channels, width * Channels))
                {
                    value = (byte)random.Below(256);
                }
            }

            return;
        }
    }
}
