using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace VggTransfer.Models;

/// <summary>Weights that a file stores in double precision, which models don't have.</summary>
internal static class DoubleNarrowing
{
    /// <summary>The nearest singles. What single precision can't hold becomes infinite, and is refused as such.</summary>
    /// <param name="doubles">The numbers, little-endian.</param>
    public static float[] ToSingles(ReadOnlySpan<byte> doubles)
    {
        ReadOnlySpan<double> source = MemoryMarshal.Cast<byte, double>(doubles);
        float[] singles = GC.AllocateUninitializedArray<float>(source.Length);
        TensorPrimitives.ConvertTruncating<double, float>(source, singles);
        return singles;
    }
}
