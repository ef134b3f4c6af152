using System.Numerics;
using System.Numerics.Tensors;

namespace VggTransfer.DataQuality;

/// <summary>
/// What a picture looks like from afar, in 63 bits: the signs of its lowest cosine frequencies, 8 by 8 without the mean.
/// Recompressing or resizing a picture flips few of them. A mirror picture has the same frequencies with the signs of the odd
/// horizontal ones turned round, so its hash follows from the picture's own.
/// </summary>
internal static class PerceptualHash
{
    /// <summary>Side of the grey picture that is hashed.</summary>
    public const int Side = 32;

    private const int Frequencies = 8;

    private static readonly float[] s_cosines = Cosines();
    private static readonly ulong s_oddHorizontal = OddHorizontal();

    /// <param name="grey">32 x 32 brightnesses, row by row.</param>
    public static ulong Compute(ReadOnlySpan<float> grey)
    {
        Span<float> rows = stackalloc float[Frequencies * Side];
        for (int y = 0; y < Side; y++)
        {
            for (int u = 0; u < Frequencies; u++)
            {
                rows[(u * Side) + y] = TensorPrimitives.Dot(grey.Slice(y * Side, Side), s_cosines.AsSpan(u * Side, Side));
            }
        }

        ulong hash = 0;
        for (int u = 0; u < Frequencies; u++)
        {
            for (int v = 0; v < Frequencies; v++)
            {
                bool isPositive = TensorPrimitives.Dot(rows.Slice(u * Side, Side), s_cosines.AsSpan(v * Side, Side)) > 0;
                hash |= isPositive && u + v > 0 ? 1UL << Bit(u, v) : 0;
            }
        }

        return hash;
    }

    /// <summary>The hash of the picture with left and right exchanged.</summary>
    public static ulong Mirror(ulong hash) => hash ^ s_oddHorizontal;

    public static int Distance(ulong first, ulong second) => BitOperations.PopCount(first ^ second);

    // Neighbouring frequencies err together; spread over the bits they don't fill one band of the index.
    private static int Bit(int u, int v) => ((u + v) % 4 * 16) + ((u * Frequencies) + v) / 4;

    private static float[] Cosines() =>
        [.. Enumerable.Range(0, Frequencies * Side).Select(i => (float)Math.Cos(Math.PI * ((i % Side) + 0.5) * (i / Side) / Side))];

    private static ulong OddHorizontal()
    {
        ulong mask = 0;
        for (int u = 1; u < Frequencies; u += 2)
        {
            for (int v = 0; v < Frequencies; v++)
            {
                mask |= 1UL << Bit(u, v);
            }
        }

        return mask;
    }
}
