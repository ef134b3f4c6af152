using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VggTransfer.Backbones;

/// <summary>How the rows of the left matrix lie.</summary>
internal interface IRowLayout
{
    /// <summary>Singles from a row to the next.</summary>
    static abstract int Stride { get; }

    /// <summary>Neighbouring singles of a row, before the next block of them begins elsewhere.</summary>
    static abstract int Steps { get; }
}

/// <summary>Rows of 16 channels, one behind the other.</summary>
internal readonly struct ChannelRows : IRowLayout
{
    public static int Stride => BlockedMap.Lanes;

    public static int Steps => BlockedMap.Lanes;
}

/// <summary>Pixels of 4 channels, of which the fourth is zero; a row takes three neighbours of each line of pixels.</summary>
internal readonly struct PixelRows : IRowLayout
{
    public static int Stride => 4;

    public static int Steps => 12;
}

/// <summary>
/// The product that everything else is made of: 12 rows times a panel of 32 columns, summed in registers. Each sum is one chain of
/// fused multiply-adds in the order of the inputs, so its bits depend neither on what else is computed nor on the width of vectors.
/// </summary>
internal static unsafe class MatrixKernel
{
    public const int Rows = 12;
    public const int Columns = 32;

    /// <summary>Whether this processor has the instructions.</summary>
    public static bool IsSupported => System.Runtime.Intrinsics.X86.Avx2.IsSupported && System.Runtime.Intrinsics.X86.Fma.IsSupported;

    /// <param name="v">The first of 12 rows.</param>
    /// <param name="vBlock">Singles from a block of a row to its next.</param>
    /// <param name="blocks">Blocks in a row.</param>
    /// <param name="u">The panel: for each input 32 neighbouring columns.</param>
    /// <param name="m">Gets the sums: 16 neighbouring columns of the first row.</param>
    /// <param name="mRow">Singles from a row of sums to the next.</param>
    /// <param name="mBlock">Singles from the first 16 columns to the other 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TRows>(float* v, nint vBlock, int blocks, float* u, float* m, nint mRow, nint mBlock)
        where TRows : struct, IRowLayout
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Multiply12x32<TRows>(v, vBlock, blocks, u, m, mRow, mBlock);
            return;
        }

        MultiplyByHalves<TRows>(v, vBlock, blocks, u, m, mRow, mBlock);
    }

    /// <summary>The same with vectors of 8.</summary>
    /// <inheritdoc cref="Multiply{TRows}"/>
    public static void MultiplyByHalves<TRows>(float* v, nint vBlock, int blocks, float* u, float* m, nint mRow, nint mBlock)
        where TRows : struct, IRowLayout
    {
        Multiply6x16<TRows>(v, vBlock, blocks, u, m, mRow);
        Multiply6x16<TRows>(v + (6 * TRows.Stride), vBlock, blocks, u, m + (6 * mRow), mRow);
        Multiply6x16<TRows>(v, vBlock, blocks, u + 16, m + mBlock, mRow);
        Multiply6x16<TRows>(v + (6 * TRows.Stride), vBlock, blocks, u + 16, m + mBlock + (6 * mRow), mRow);
    }

    // Written out, because registers can't be indexed: 24 sums, two columns' vectors and a broadcast fit the 32 registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply12x32<TRows>(float* v, nint vBlock, int blocks, float* u, float* m, nint mRow, nint mBlock)
        where TRows : struct, IRowLayout
    {
        Vector512<float> c0a = Vector512<float>.Zero, c0b = Vector512<float>.Zero;
        Vector512<float> c1a = Vector512<float>.Zero, c1b = Vector512<float>.Zero;
        Vector512<float> c2a = Vector512<float>.Zero, c2b = Vector512<float>.Zero;
        Vector512<float> c3a = Vector512<float>.Zero, c3b = Vector512<float>.Zero;
        Vector512<float> c4a = Vector512<float>.Zero, c4b = Vector512<float>.Zero;
        Vector512<float> c5a = Vector512<float>.Zero, c5b = Vector512<float>.Zero;
        Vector512<float> c6a = Vector512<float>.Zero, c6b = Vector512<float>.Zero;
        Vector512<float> c7a = Vector512<float>.Zero, c7b = Vector512<float>.Zero;
        Vector512<float> c8a = Vector512<float>.Zero, c8b = Vector512<float>.Zero;
        Vector512<float> c9a = Vector512<float>.Zero, c9b = Vector512<float>.Zero;
        Vector512<float> c10a = Vector512<float>.Zero, c10b = Vector512<float>.Zero;
        Vector512<float> c11a = Vector512<float>.Zero, c11b = Vector512<float>.Zero;
        for (int block = 0; block < blocks; block++)
        {
            for (int step = 0; step < TRows.Steps; step++)
            {
                Vector512<float> ua = Vector512.Load(u + 0);
                Vector512<float> ub = Vector512.Load(u + 16);
                Vector512<float> v0 = Vector512.Create(v[0 * TRows.Stride]);
                c0a = Vector512.FusedMultiplyAdd(v0, ua, c0a);
                c0b = Vector512.FusedMultiplyAdd(v0, ub, c0b);
                Vector512<float> v1 = Vector512.Create(v[1 * TRows.Stride]);
                c1a = Vector512.FusedMultiplyAdd(v1, ua, c1a);
                c1b = Vector512.FusedMultiplyAdd(v1, ub, c1b);
                Vector512<float> v2 = Vector512.Create(v[2 * TRows.Stride]);
                c2a = Vector512.FusedMultiplyAdd(v2, ua, c2a);
                c2b = Vector512.FusedMultiplyAdd(v2, ub, c2b);
                Vector512<float> v3 = Vector512.Create(v[3 * TRows.Stride]);
                c3a = Vector512.FusedMultiplyAdd(v3, ua, c3a);
                c3b = Vector512.FusedMultiplyAdd(v3, ub, c3b);
                Vector512<float> v4 = Vector512.Create(v[4 * TRows.Stride]);
                c4a = Vector512.FusedMultiplyAdd(v4, ua, c4a);
                c4b = Vector512.FusedMultiplyAdd(v4, ub, c4b);
                Vector512<float> v5 = Vector512.Create(v[5 * TRows.Stride]);
                c5a = Vector512.FusedMultiplyAdd(v5, ua, c5a);
                c5b = Vector512.FusedMultiplyAdd(v5, ub, c5b);
                Vector512<float> v6 = Vector512.Create(v[6 * TRows.Stride]);
                c6a = Vector512.FusedMultiplyAdd(v6, ua, c6a);
                c6b = Vector512.FusedMultiplyAdd(v6, ub, c6b);
                Vector512<float> v7 = Vector512.Create(v[7 * TRows.Stride]);
                c7a = Vector512.FusedMultiplyAdd(v7, ua, c7a);
                c7b = Vector512.FusedMultiplyAdd(v7, ub, c7b);
                Vector512<float> v8 = Vector512.Create(v[8 * TRows.Stride]);
                c8a = Vector512.FusedMultiplyAdd(v8, ua, c8a);
                c8b = Vector512.FusedMultiplyAdd(v8, ub, c8b);
                Vector512<float> v9 = Vector512.Create(v[9 * TRows.Stride]);
                c9a = Vector512.FusedMultiplyAdd(v9, ua, c9a);
                c9b = Vector512.FusedMultiplyAdd(v9, ub, c9b);
                Vector512<float> v10 = Vector512.Create(v[10 * TRows.Stride]);
                c10a = Vector512.FusedMultiplyAdd(v10, ua, c10a);
                c10b = Vector512.FusedMultiplyAdd(v10, ub, c10b);
                Vector512<float> v11 = Vector512.Create(v[11 * TRows.Stride]);
                c11a = Vector512.FusedMultiplyAdd(v11, ua, c11a);
                c11b = Vector512.FusedMultiplyAdd(v11, ub, c11b);
                v++;
                u += Columns;
            }

            v += vBlock - TRows.Steps;
        }

        c0a.Store(m);
        c0b.Store(m + mBlock);
        c1a.Store(m + mRow);
        c1b.Store(m + mRow + mBlock);
        c2a.Store(m + (2 * mRow));
        c2b.Store(m + (2 * mRow) + mBlock);
        c3a.Store(m + (3 * mRow));
        c3b.Store(m + (3 * mRow) + mBlock);
        c4a.Store(m + (4 * mRow));
        c4b.Store(m + (4 * mRow) + mBlock);
        c5a.Store(m + (5 * mRow));
        c5b.Store(m + (5 * mRow) + mBlock);
        c6a.Store(m + (6 * mRow));
        c6b.Store(m + (6 * mRow) + mBlock);
        c7a.Store(m + (7 * mRow));
        c7b.Store(m + (7 * mRow) + mBlock);
        c8a.Store(m + (8 * mRow));
        c8b.Store(m + (8 * mRow) + mBlock);
        c9a.Store(m + (9 * mRow));
        c9b.Store(m + (9 * mRow) + mBlock);
        c10a.Store(m + (10 * mRow));
        c10b.Store(m + (10 * mRow) + mBlock);
        c11a.Store(m + (11 * mRow));
        c11b.Store(m + (11 * mRow) + mBlock);
    }

    // 12 sums, two columns' vectors and a broadcast of 16 registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Multiply6x16<TRows>(float* v, nint vBlock, int blocks, float* u, float* m, nint mRow)
        where TRows : struct, IRowLayout
    {
        Vector256<float> c0a = Vector256<float>.Zero, c0b = Vector256<float>.Zero;
        Vector256<float> c1a = Vector256<float>.Zero, c1b = Vector256<float>.Zero;
        Vector256<float> c2a = Vector256<float>.Zero, c2b = Vector256<float>.Zero;
        Vector256<float> c3a = Vector256<float>.Zero, c3b = Vector256<float>.Zero;
        Vector256<float> c4a = Vector256<float>.Zero, c4b = Vector256<float>.Zero;
        Vector256<float> c5a = Vector256<float>.Zero, c5b = Vector256<float>.Zero;
        for (int block = 0; block < blocks; block++)
        {
            for (int step = 0; step < TRows.Steps; step++)
            {
                Vector256<float> ua = Vector256.Load(u + 0);
                Vector256<float> ub = Vector256.Load(u + 8);
                Vector256<float> v0 = Vector256.Create(v[0 * TRows.Stride]);
                c0a = Vector256.FusedMultiplyAdd(v0, ua, c0a);
                c0b = Vector256.FusedMultiplyAdd(v0, ub, c0b);
                Vector256<float> v1 = Vector256.Create(v[1 * TRows.Stride]);
                c1a = Vector256.FusedMultiplyAdd(v1, ua, c1a);
                c1b = Vector256.FusedMultiplyAdd(v1, ub, c1b);
                Vector256<float> v2 = Vector256.Create(v[2 * TRows.Stride]);
                c2a = Vector256.FusedMultiplyAdd(v2, ua, c2a);
                c2b = Vector256.FusedMultiplyAdd(v2, ub, c2b);
                Vector256<float> v3 = Vector256.Create(v[3 * TRows.Stride]);
                c3a = Vector256.FusedMultiplyAdd(v3, ua, c3a);
                c3b = Vector256.FusedMultiplyAdd(v3, ub, c3b);
                Vector256<float> v4 = Vector256.Create(v[4 * TRows.Stride]);
                c4a = Vector256.FusedMultiplyAdd(v4, ua, c4a);
                c4b = Vector256.FusedMultiplyAdd(v4, ub, c4b);
                Vector256<float> v5 = Vector256.Create(v[5 * TRows.Stride]);
                c5a = Vector256.FusedMultiplyAdd(v5, ua, c5a);
                c5b = Vector256.FusedMultiplyAdd(v5, ub, c5b);
                v++;
                u += Columns;
            }

            v += vBlock - TRows.Steps;
        }

        c0a.Store(m);
        c0b.Store(m + 8);
        c1a.Store(m + mRow);
        c1b.Store(m + mRow + 8);
        c2a.Store(m + (2 * mRow));
        c2b.Store(m + (2 * mRow) + 8);
        c3a.Store(m + (3 * mRow));
        c3b.Store(m + (3 * mRow) + 8);
        c4a.Store(m + (4 * mRow));
        c4b.Store(m + (4 * mRow) + 8);
        c5a.Store(m + (5 * mRow));
        c5b.Store(m + (5 * mRow) + 8);
    }
}
