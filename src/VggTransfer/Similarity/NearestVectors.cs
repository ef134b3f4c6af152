using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using VggTransfer.Files;

namespace VggTransfer.Similarity;

/// <summary>
/// Exact search among vectors of half precision that lie in a mapped file: every vector is looked at, so nothing is missed. A block
/// is widened to single precision once and compared with all queries, so that many cost little more than one.
/// </summary>
internal sealed class NearestVectors
{
    /// <summary>A block of 512 dimensions and its widened copy stay in a core's own cache.</summary>
    private const int BlockRows = 128;

    private readonly MappedFile _file;
    private readonly long _start;
    private readonly int _count;
    private readonly int _dimension;

    public NearestVectors(MappedFile file, long start, int count, int dimension)
    {
        _file = file;
        _start = start;
        _count = count;
        _dimension = dimension;
    }

    /// <summary>A vector as it is stored.</summary>
    public ReadOnlyMemory<Half> Vector(int row) => MemoryMarshal.Cast<byte, Half>(Rows(row, 1).Span).ToArray();

    /// <summary>The rows with the largest dot products for each query, the largest first; of equal ones the lower row.</summary>
    /// <param name="queries">Vectors of the dimension.</param>
    /// <param name="wanted">Rows to find for each, at least 1.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellationToken">Ends the search between two blocks.</param>
    public IReadOnlyList<(int Row, float Product)>[] Find(IReadOnlyList<float[]> queries, int wanted, int threads, CancellationToken cancellationToken)
    {
        int blocks = (_count + BlockRows - 1) / BlockRows;
        TopRows[] best = [.. queries.Select(_ => new TopRows(wanted))];
        Parallel.For(
            0,
            blocks,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
            () => (Rows: queries.Select(_ => new TopRows(wanted)).ToArray(), Block: new float[BlockRows * _dimension]),
            (block, _, own) =>
            {
                Compare(block, queries, own.Rows, own.Block);
                return own;
            },
            own =>
            {
                lock (best)
                {
                    for (int i = 0; i < best.Length; i++)
                    {
                        best[i].Add(own.Rows[i]);
                    }
                }
            });
        return [.. best.Select(rows => rows.Sorted())];
    }

    private void Compare(int block, IReadOnlyList<float[]> queries, TopRows[] best, float[] widened)
    {
        int first = block * BlockRows;
        int rows = Math.Min(BlockRows, _count - first);
        Span<float> values = widened.AsSpan(0, rows * _dimension);
        TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(Rows(first, rows).Span), values);
        for (int query = 0; query < best.Length; query++)
        {
            for (int row = 0; row < rows; row++)
            {
                best[query].Add(first + row, TensorPrimitives.Dot<float>(queries[query], values.Slice(row * _dimension, _dimension)));
            }
        }
    }

    private ReadOnlyMemory<byte> Rows(int first, int count)
    {
        int bytes = _dimension * sizeof(ushort);
        return _file.Slice(_start + ((long)first * bytes), count * bytes);
    }

    /// <summary>The best rows so far. A product that is no number, from a file that somebody made, is never among them.</summary>
    private sealed class TopRows(int wanted)
    {
        // The worst comes first: the smallest product, of equal ones the highest row.
        private readonly PriorityQueue<int, (float Product, int Row)> _rows = new(Comparer<(float Product, int Row)>.Create((one, other) =>
            one.Product != other.Product ? one.Product.CompareTo(other.Product) : other.Row.CompareTo(one.Row)));

        private float _worst = float.NegativeInfinity;

        public void Add(int row, float product)
        {
            if (!(product >= _worst))
            {
                return;
            }

            _rows.Enqueue(row, (product, row));
            if (_rows.Count > wanted)
            {
                _rows.Dequeue();
            }

            if (_rows.Count == wanted && _rows.TryPeek(out _, out (float Product, int Row) worst))
            {
                _worst = worst.Product;
            }
        }

        public void Add(TopRows others)
        {
            foreach ((int row, (float product, _)) in others._rows.UnorderedItems)
            {
                Add(row, product);
            }
        }

        public IReadOnlyList<(int Row, float Product)> Sorted() =>
            [.. _rows.UnorderedItems.Select(item => (item.Element, item.Priority.Product)).OrderByDescending(item => item.Product).ThenBy(item => item.Element)];
    }
}
