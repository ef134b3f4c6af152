using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VggTransfer.Classification;

/// <summary>
/// A matrix of single-precision numbers by blocks of rows, laid out for the two products of a regression: rows and columns are
/// padded with zeros, so that no kernel has a rest to care for.
/// </summary>
internal sealed class RowBlocks
{
    /// <summary>Rows of a block: with a few thousand columns it stays in the second cache between the two products.</summary>
    public const int BlockRows = 64;

    /// <summary>Columns that a kernel takes at once.</summary>
    public const int ColumnTile = 32;

    /// <summary>A sum of so many columns is carried on in double precision.</summary>
    private const int ColumnsInSingle = 512;

    private static readonly int s_lanes = Vector256<float>.Count;

    private readonly float[][] _blocks;

    public RowBlocks(int rows, int columns)
    {
        Rows = rows;
        Columns = columns;
        int tiles = (columns + ColumnTile - 1) / ColumnTile;

        // An odd number of tiles: rows at a distance of a power of two would fall on the same places of a cache.
        Stride = (tiles | 1) * ColumnTile;
        _blocks = [.. Enumerable.Range(0, (rows + BlockRows - 1) / BlockRows).Select(_ => new float[BlockRows * Stride])];
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Numbers from a row to the next.</summary>
    public int Stride { get; }

    public int Blocks => _blocks.Length;

    public Span<float> Row(int row) => _blocks[row / BlockRows].AsSpan(row % BlockRows * Stride, Columns);

    /// <summary>All rows of a block, with their padding.</summary>
    public ReadOnlySpan<float> Block(int block) => _blocks[block];

    /// <summary>Rows of a block that aren't padding.</summary>
    public int RowsIn(int block) => Math.Min(BlockRows, Rows - (block * BlockRows));

    /// <summary>
    /// Products of a block's rows with other rows: <c>products[i * others + k]</c> is the scalar product of row i and other row k.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="rows">How many of its rows, rounded up to a multiple of four.</param>
    /// <param name="other">Rows of <see cref="Stride"/> numbers, an even number of them.</param>
    /// <param name="products">Gets the products, <see cref="BlockRows"/> by the number of other rows.</param>
    public unsafe void MultiplyRows(int block, int rows, ReadOnlySpan<float> other, Span<double> products)
    {
        int others = other.Length / Stride;
        fixed (float* x = _blocks[block], w = other)
        {
            for (int i = 0; i < rows; i += 4)
            {
                for (int k = 0; k < others; k += 2)
                {
                    Tile(x + ((long)i * Stride), w + ((long)k * Stride), products.Slice((i * others) + k), others);
                }
            }
        }
    }

    /// <summary>
    /// Adds, for each of some weightings of a block's rows, the weighted sum of the rows to a sum of <see cref="Stride"/> numbers.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="rows">How many of its rows.</param>
    /// <param name="weights"><c>weights[i * weightings + k]</c> is row i's weight in weighting k; an even number of weightings.</param>
    /// <param name="weightings">How many weightings.</param>
    /// <param name="sums">One behind the other.</param>
    public unsafe void AddWeightedRows(int block, int rows, ReadOnlySpan<float> weights, int weightings, Span<double> sums)
    {
        fixed (float* x = _blocks[block], r = weights)
        {
            fixed (double* g = sums)
            {
                for (int column = 0; column < Stride; column += ColumnTile)
                {
                    for (int k = 0; k < weightings; k += 2)
                    {
                        AddTile(x + column, r + k, rows, weightings, g + ((long)k * Stride) + column);
                    }
                }
            }
        }
    }

    /// <summary>Four rows by two.</summary>
    private unsafe void Tile(float* x, float* w, Span<double> products, int others)
    {
        Span<double> sums = stackalloc double[8];
        sums.Clear();
        for (int begin = 0; begin < Stride; begin += ColumnsInSingle)
        {
            int end = Math.Min(begin + ColumnsInSingle, Stride);
            Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
            for (int j = begin; j < end; j += s_lanes)
            {
                var w0 = Vector256.Load(w + j);
                var w1 = Vector256.Load(w + Stride + j);
                var x0 = Vector256.Load(x + j);
                var x1 = Vector256.Load(x + Stride + j);
                var x2 = Vector256.Load(x + (2 * Stride) + j);
                var x3 = Vector256.Load(x + (3 * Stride) + j);
                a0 = Vector256.MultiplyAddEstimate(x0, w0, a0);
                b0 = Vector256.MultiplyAddEstimate(x0, w1, b0);
                a1 = Vector256.MultiplyAddEstimate(x1, w0, a1);
                b1 = Vector256.MultiplyAddEstimate(x1, w1, b1);
                a2 = Vector256.MultiplyAddEstimate(x2, w0, a2);
                b2 = Vector256.MultiplyAddEstimate(x2, w1, b2);
                a3 = Vector256.MultiplyAddEstimate(x3, w0, a3);
                b3 = Vector256.MultiplyAddEstimate(x3, w1, b3);
            }

            sums[0] += Vector256.Sum(a0);
            sums[1] += Vector256.Sum(b0);
            sums[2] += Vector256.Sum(a1);
            sums[3] += Vector256.Sum(b1);
            sums[4] += Vector256.Sum(a2);
            sums[5] += Vector256.Sum(b2);
            sums[6] += Vector256.Sum(a3);
            sums[7] += Vector256.Sum(b3);
        }

        for (int i = 0; i < 4; i++)
        {
            sums.Slice(2 * i, 2).CopyTo(products.Slice(i * others, 2));
        }
    }

    /// <summary>Two weightings of 32 columns.</summary>
    private unsafe void AddTile(float* x, float* r, int rows, int weightings, double* g)
    {
        Vector256<float> a0 = default, a1 = default, a2 = default, a3 = default, b0 = default, b1 = default, b2 = default, b3 = default;
        for (int i = 0; i < rows; i++)
        {
            var r0 = Vector256.Create(r[0]);
            var r1 = Vector256.Create(r[1]);
            var x0 = Vector256.Load(x);
            var x1 = Vector256.Load(x + s_lanes);
            var x2 = Vector256.Load(x + (2 * s_lanes));
            var x3 = Vector256.Load(x + (3 * s_lanes));
            a0 = Vector256.MultiplyAddEstimate(x0, r0, a0);
            b0 = Vector256.MultiplyAddEstimate(x0, r1, b0);
            a1 = Vector256.MultiplyAddEstimate(x1, r0, a1);
            b1 = Vector256.MultiplyAddEstimate(x1, r1, b1);
            a2 = Vector256.MultiplyAddEstimate(x2, r0, a2);
            b2 = Vector256.MultiplyAddEstimate(x2, r1, b2);
            a3 = Vector256.MultiplyAddEstimate(x3, r0, a3);
            b3 = Vector256.MultiplyAddEstimate(x3, r1, b3);
            x += Stride;
            r += weightings;
        }

        Add(g, a0);
        Add(g + s_lanes, a1);
        Add(g + (2 * s_lanes), a2);
        Add(g + (3 * s_lanes), a3);
        Add(g + Stride, b0);
        Add(g + Stride + s_lanes, b1);
        Add(g + Stride + (2 * s_lanes), b2);
        Add(g + Stride + (3 * s_lanes), b3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Add(double* sum, Vector256<float> more)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(more);
        (Vector256.Load(sum) + lower).Store(sum);
        (Vector256.Load(sum + Vector256<double>.Count) + upper).Store(sum + Vector256<double>.Count);
    }
}
