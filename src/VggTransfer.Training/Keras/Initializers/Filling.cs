using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Initializers;

/// <summary>Makes the values of a weight, each from its position, on all processors.</summary>
internal static class Filling
{
    private const int Piece = 1 << 16;

    /// <summary>Half of the probability that a normal number lies within two standard deviations, and where that range begins.</summary>
    private const double BeyondTwo = 0.022750131948179195;

    public static NDArray Constant(IReadOnlyList<int> shape, double value)
    {
        float[] values = new float[Shapes.Count(shape)];
        Array.Fill(values, (float)value);
        return NDArray.From(values, [.. shape]);
    }

    public static NDArray Uniform(IReadOnlyList<int> shape, double minimum, double maximum, ulong seed)
    {
        var random = new RandomNumbers(seed);
        float low = (float)minimum;
        float high = (float)maximum;

        // Rounding to 4 bytes must not lead beyond the limits.
        return Each(shape, position => Math.Clamp((float)(minimum + ((maximum - minimum) * random.Uniform(position))), low, high));
    }

    public static NDArray Normal(IReadOnlyList<int> shape, double mean, double deviation, ulong seed)
    {
        var random = new RandomNumbers(seed);
        return Each(shape, position => (float)(mean + (deviation * NormalQuantile.At(random.Uniform(position)))));
    }

    /// <summary>Normal numbers that lie within two (untruncated) standard deviations of the mean.</summary>
    public static NDArray TruncatedNormal(IReadOnlyList<int> shape, double mean, double deviation, ulong seed)
    {
        var random = new RandomNumbers(seed);
        return Each(shape, position => (float)(mean + (deviation * NormalQuantile.At(BeyondTwo + ((1 - (2 * BeyondTwo)) * random.Uniform(position))))));
    }

    private static NDArray Each(IReadOnlyList<int> shape, Func<long, float> value)
    {
        float[] values = new float[Shapes.Count(shape)];
        Parallel.For(0, (values.Length + Piece - 1) / Piece, piece =>
        {
            Span<float> part = values.AsSpan(piece * Piece);
            for (int i = 0; i < Math.Min(part.Length, Piece); i++)
            {
                part[i] = value(((long)piece * Piece) + i);
            }
        });
        return NDArray.From(values, [.. shape]);
    }
}
