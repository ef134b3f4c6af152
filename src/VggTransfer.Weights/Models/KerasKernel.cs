using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VggTransfer.Models;

/// <summary>
/// A kernel between Keras's layout and torchvision's: HWIO and OIHW for convolutions, in x out and out x in for dense layers,
/// and for the first dense layer behind a flattened map also HWC and CHW. All three are one rule: row <c>position x channels +
/// channel</c> of Keras's is column <c>channel x positions + position</c> of torchvision's. An object takes Keras's rows piece
/// by piece and gives torchvision's kernel; <see cref="Pieces"/> goes the other way.
/// </summary>
internal sealed class KerasKernel
{
    // Few enough columns at a time that the rows they are scattered to stay in the caches.
    private const int ColumnsAtOnce = 16;
    private const int RowsAtOnceOfOnePosition = 64;

    // Some MB; writing in one piece would double fc6's 400 MB.
    private const int ElementsAtOnce = 1 << 20;

    private readonly int _positions;
    private readonly int _channels;
    private readonly int _outputs;
    private readonly int _elementSize;
    private readonly byte[] _result;
    private int _row;

    /// <summary>Makes room for a kernel.</summary>
    /// <param name="positions">Height times width of the kernel or of the flattened map; 1 for other dense layers.</param>
    /// <param name="channels">Input channels, or the inputs of other dense layers.</param>
    /// <param name="outputs">Filters or units.</param>
    /// <param name="elementSize">Bytes of a number: 2 or 4.</param>
    /// <exception cref="OverflowException">The kernel takes more than 2 GB.</exception>
    public KerasKernel(int positions, int channels, int outputs, int elementSize)
    {
        _positions = positions;
        _channels = channels;
        _outputs = outputs;
        _elementSize = elementSize;
        _result = GC.AllocateUninitializedArray<byte>(checked(positions * channels * outputs * elementSize));
    }

    /// <summary>Makes room for a kernel, or for any other tensor, which stays as it is.</summary>
    /// <param name="shape">torchvision's shape.</param>
    /// <param name="elementSize">Bytes of a number: 2 or 4.</param>
    /// <param name="mapChannels">For the first dense layer behind a flattened map in HWC order: the map's channels; else null.</param>
    /// <exception cref="OverflowException">It takes more than 2 GB.</exception>
    public KerasKernel(IReadOnlyList<int> shape, int elementSize, int? mapChannels)
        : this(Extents.Of(shape, mapChannels), elementSize)
    {
    }

    private KerasKernel(Extents extents, int elementSize)
        : this(extents.Positions, extents.Channels, extents.Outputs, elementSize)
    {
    }

    /// <summary>Numbers of a row of the source; pieces are whole rows.</summary>
    public int RowLength => _outputs;

    /// <summary>How many rows fill some MB; 1 or more.</summary>
    public int RowsAtOnce => Math.Clamp(ElementsAtOnce / _outputs, 1, _positions * _channels);

    /// <summary>The kernel in torchvision's layout, once all rows have been added.</summary>
    public ReadOnlyMemory<byte> Result =>
        _row == _positions * _channels ? _result : throw new InvalidOperationException($"{_row:N0} of {_positions * _channels:N0} rows have been added.");

    /// <summary>torchvision's dimensions of a tensor.</summary>
    /// <param name="shape">Keras's.</param>
    public static IReadOnlyList<int> TorchShape(IReadOnlyList<int> shape) => shape.Count switch
    {
        4 => [shape[3], shape[2], shape[0], shape[1]],
        2 => [shape[1], shape[0]],
        _ => shape,
    };

    /// <summary>Keras's dimensions of a tensor.</summary>
    /// <param name="shape">torchvision's.</param>
    public static IReadOnlyList<int> KerasShape(IReadOnlyList<int> shape) => shape.Count switch
    {
        4 => [shape[2], shape[3], shape[1], shape[0]],
        2 => [shape[1], shape[0]],
        _ => shape,
    };

    /// <summary>A dense weight that is out x in already, its inputs brought from HWC to CHW order.</summary>
    /// <param name="weight">The numbers.</param>
    /// <param name="positions">Height times width of the flattened map.</param>
    /// <param name="channels">The map's channels.</param>
    /// <param name="elementSize">Bytes of a number: 2 or 4.</param>
    public static byte[] ReorderInputs(ReadOnlySpan<byte> weight, int positions, int channels, int elementSize)
    {
        byte[] result = GC.AllocateUninitializedArray<byte>(weight.Length);
        int rowBytes = positions * channels * elementSize;
        for (int start = 0; start < weight.Length; start += rowBytes)
        {
            // Each output's inputs are themselves a kernel of one channel for each position.
            Scatter(weight.Slice(start, rowBytes), 0, result.AsSpan(start, rowBytes), new Extents(1, positions, channels), elementSize);
        }

        return result;
    }

    /// <summary>
    /// A tensor in Keras's order, in pieces along Keras's first dimension; the memory of a piece is used for the next.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="Half"/>, what the numbers are rounded to.</typeparam>
    /// <param name="tensor">The tensor in torchvision's layout.</param>
    /// <param name="mapChannels">For the first dense layer behind a flattened map in HWC order: the map's channels; else null.</param>
    public static IEnumerable<(int Start, int Count, Memory<T> Values)> Pieces<T>(ModelTensor tensor, int? mapChannels)
        where T : unmanaged
    {
        var extents = Extents.Of(tensor.Shape, mapChannels);
        int length = KerasShape(tensor.Shape)[0];
        int rowsEach = extents.Positions * extents.Channels / length;
        int most = Math.Clamp(ElementsAtOnce / (rowsEach * extents.Outputs), 1, length);
        T[] values = new T[most * rowsEach * extents.Outputs];
        for (int start = 0; start < length; start += most)
        {
            int count = Math.Min(most, length - start);
            Memory<T> piece = values.AsMemory(0, count * rowsEach * extents.Outputs);
            Gather(tensor, start * rowsEach, piece.Span, extents);
            yield return (start, count, piece);
        }
    }

    /// <summary>Adds the next rows.</summary>
    /// <param name="rows">Whole rows, each of <see cref="RowLength"/> numbers.</param>
    public void Add(ReadOnlySpan<byte> rows)
    {
        int rowBytes = _outputs * _elementSize;
        int count = rows.Length / rowBytes;
        if (count * rowBytes != rows.Length || count > (_positions * _channels) - _row)
        {
            throw new ArgumentException($"{rows.Length:N0} bytes aren't whole rows of the kernel.", nameof(rows));
        }

        Scatter(rows, _row, _result, new Extents(_positions, _channels, _outputs), _elementSize);
        _row += count;
    }

    private static void Scatter(ReadOnlySpan<byte> rows, int firstRow, Span<byte> result, Extents extents, int elementSize)
    {
        if (elementSize == 2)
        {
            Scatter(MemoryMarshal.Cast<byte, ushort>(rows), firstRow, MemoryMarshal.Cast<byte, ushort>(result), extents);
        }
        else
        {
            Scatter(MemoryMarshal.Cast<byte, uint>(rows), firstRow, MemoryMarshal.Cast<byte, uint>(result), extents);
        }
    }

    private static void Scatter<T>(ReadOnlySpan<T> rows, int firstRow, Span<T> result, Extents extents)
    {
        // Rows of one position scatter to neighbours, so that a tile of both sides stays in the caches. With more positions,
        // the neighbours come from later rows, and only going through all of them finds the written lines still there.
        int count = rows.Length / extents.Outputs;
        int most = extents.Positions == 1 ? RowsAtOnceOfOnePosition : count;
        for (int first = 0; first < count; first += most)
        {
            for (int start = 0; start < extents.Outputs; start += ColumnsAtOnce)
            {
                ScatterTile(rows, firstRow, result, extents, first..Math.Min(first + most, count), start..Math.Min(start + ColumnsAtOnce, extents.Outputs));
            }
        }
    }

    private static void ScatterTile<T>(ReadOnlySpan<T> rows, int firstRow, Span<T> result, Extents extents, Range part, Range outputs)
    {
        int end = outputs.End.Value;
        for (int row = part.Start.Value; row < part.End.Value; row++)
        {
            int column = extents.ColumnOf(firstRow + row);
            ReadOnlySpan<T> source = rows.Slice(row * extents.Outputs, extents.Outputs);
            for (int output = outputs.Start.Value; output < end; output++)
            {
                result[(output * extents.Columns) + column] = source[output];
            }
        }
    }

    private static void Gather<T>(ModelTensor tensor, int firstRow, Span<T> rows, Extents extents)
        where T : unmanaged
    {
        switch (tensor.Type)
        {
            case TensorType.Float32:
                Gather(MemoryMarshal.Cast<byte, float>(tensor.Data.Span), firstRow, rows, extents);
                break;
            case TensorType.Float16:
                Gather(MemoryMarshal.Cast<byte, Half>(tensor.Data.Span), firstRow, rows, extents);
                break;
            default:
                Gather(MemoryMarshal.Cast<byte, ushort>(tensor.Data.Span), firstRow, rows, extents);
                break;
        }
    }

    private static void Gather<TSource, T>(ReadOnlySpan<TSource> kernel, int firstRow, Span<T> rows, Extents extents)
        where TSource : unmanaged
        where T : unmanaged
    {
        (_, _, int outputs) = extents;
        for (int start = 0; start < outputs; start += ColumnsAtOnce)
        {
            int end = Math.Min(start + ColumnsAtOnce, outputs);
            for (int row = 0; row < rows.Length / outputs; row++)
            {
                int column = extents.ColumnOf(firstRow + row);
                Span<T> target = rows.Slice(row * outputs, outputs);
                for (int output = start; output < end; output++)
                {
                    target[output] = Round<TSource, T>(kernel[(output * extents.Columns) + column]);
                }
            }
        }
    }

    /// <summary>A number of the model (bfloat16 as its bits) in another type. The tests of types cost nothing once compiled.</summary>
    private static T Round<TSource, T>(TSource value)
        where TSource : unmanaged
        where T : unmanaged
    {
        float wide = typeof(TSource) == typeof(float) ? Unsafe.BitCast<TSource, float>(value)
            : typeof(TSource) == typeof(Half) ? (float)Unsafe.BitCast<TSource, Half>(value)
            : BitConverter.UInt32BitsToSingle((uint)Unsafe.BitCast<TSource, ushort>(value) << 16);
        return typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>(wide) : Unsafe.BitCast<Half, T>((Half)wide);
    }

    /// <summary>How Keras's rows are divided.</summary>
    private readonly record struct Extents(int Positions, int Channels, int Outputs)
    {
        public int Columns => Positions * Channels;

        /// <summary>Of torchvision's shape; what is no kernel has rows of one number, which stay in their order.</summary>
        public static Extents Of(IReadOnlyList<int> shape, int? mapChannels) => shape.Count switch
        {
            4 => new(shape[2] * shape[3], shape[1], shape[0]),
            2 when mapChannels is { } channels => new(shape[1] / channels, channels, shape[0]),
            2 => new(1, shape[1], shape[0]),
            _ => new(1, shape.Aggregate(1, (product, dimension) => checked(product * dimension)), 1),
        };

        public int ColumnOf(int row)
        {
            (int position, int channel) = Math.DivRem(row, Channels);
            return (channel * Positions) + position;
        }
    }
}
