namespace VggTransfer.Augmentation;

/// <summary>Blurs a square by a Gaussian, one axis after the other; beyond the border lies its reflection.</summary>
internal static class GaussianBlur
{
    /// <summary>Pixels; below it hardly anything changes. The smallest of torchvision's <c>GaussianBlur</c>.</summary>
    public const double SmallestSigma = 0.1;

    private const int Channels = 3;

    /// <summary>Blurs in place.</summary>
    /// <param name="rgb"><paramref name="size"/> x <paramref name="size"/> x 3 bytes.</param>
    /// <param name="size">The side in pixels.</param>
    /// <param name="sigma">Standard deviation in pixels, above 0.</param>
    public static void Apply(Span<byte> rgb, int size, double sigma)
    {
        float[] weights = Weights(sigma);
        int radius = weights.Length / 2;
        int[] columns = [.. Enumerable.Range(-radius, size + (2 * radius)).Select(position => Reflection.Of(position, size))];
        float[] narrow = new float[rgb.Length];
        int stride = size * Channels;
        for (int y = 0; y < size; y++)
        {
            ReadOnlySpan<byte> row = rgb.Slice(y * stride, stride);
            Span<float> line = narrow.AsSpan(y * stride, stride);
            for (int x = 0; x < size; x++)
            {
                for (int t = 0; t < weights.Length; t++)
                {
                    int from = columns[x + t] * Channels;
                    line[x * Channels] += weights[t] * row[from];
                    line[(x * Channels) + 1] += weights[t] * row[from + 1];
                    line[(x * Channels) + 2] += weights[t] * row[from + 2];
                }
            }
        }

        float[] sums = new float[stride];
        for (int y = 0; y < size; y++)
        {
            Array.Clear(sums);
            for (int t = 0; t < weights.Length; t++)
            {
                ReadOnlySpan<float> line = narrow.AsSpan(columns[y + t] * stride, stride);
                for (int i = 0; i < stride; i++)
                {
                    sums[i] += weights[t] * line[i];
                }
            }

            for (int i = 0; i < stride; i++)
            {
                rgb[(y * stride) + i] = (byte)Math.Clamp(sums[i] + 0.5f, 0, 255);
            }
        }
    }

    /// <summary>The bell out to three deviations, its sum 1.</summary>
    private static float[] Weights(double sigma)
    {
        int radius = Math.Max(1, (int)Math.Ceiling(3 * sigma));
        double[] bell = [.. Enumerable.Range(-radius, (2 * radius) + 1).Select(x => Math.Exp(-x * x / (2 * sigma * sigma)))];
        double sum = bell.Sum();
        return Array.ConvertAll(bell, value => (float)(value / sum));
    }
}
