using System.Runtime.InteropServices;

namespace VggTransfer.Models;

/// <summary>
/// Turns a kernel in Keras's layout, given piece by piece, into torchvision's: HWIO to OIHW for convolutions, in x out to
/// out x in for dense layers, and for the first dense layer behind a flattened map also from HWC to CHW. All three are one
/// rule: row <c>position x channels + channel</c> of the source is column <c>channel x positions + position</c> of the result.
/// </summary>
internal sealed class KerasKernel
{
    // Few enough columns at a time that the rows they are scattered to stay in the caches.
    private const int ColumnsAtOnce = 16;

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
        _result = new byte[checked(positions * channels * outputs * elementSize)];
    }

    /// <summary>Bytes of a row of the source; pieces are whole rows.</summary>
    public int RowBytes => _outputs * _elementSize;

    /// <summary>The kernel in torchvision's layout, once all rows have been added.</summary>
    public ReadOnlyMemory<byte> Result =>
        _row == _positions * _channels ? _result : throw new InvalidOperationException($"{_row:N0} of {_positions * _channels:N0} rows have been added.");

    /// <summary>Adds the next rows.</summary>
    /// <param name="rows">A multiple of <see cref="RowBytes"/>.</param>
    public void Add(ReadOnlySpan<byte> rows)
    {
        int count = rows.Length / RowBytes;
        if (count * RowBytes != rows.Length || count > (_positions * _channels) - _row)
        {
            throw new ArgumentException($"{rows.Length:N0} bytes aren't whole rows of the kernel.", nameof(rows));
        }

        if (_elementSize == 2)
        {
            Scatter(MemoryMarshal.Cast<byte, ushort>(rows), count, MemoryMarshal.Cast<byte, ushort>(_result.AsSpan()));
        }
        else
        {
            Scatter(MemoryMarshal.Cast<byte, uint>(rows), count, MemoryMarshal.Cast<byte, uint>(_result.AsSpan()));
        }

        _row += count;
    }

    private void Scatter<T>(ReadOnlySpan<T> rows, int count, Span<T> result)
    {
        int columns = _positions * _channels;
        for (int start = 0; start < _outputs; start += ColumnsAtOnce)
        {
            int end = Math.Min(start + ColumnsAtOnce, _outputs);
            for (int row = 0; row < count; row++)
            {
                (int position, int channel) = Math.DivRem(_row + row, _channels);
                int column = (channel * _positions) + position;
                ReadOnlySpan<T> source = rows.Slice(row * _outputs, _outputs);
                for (int output = start; output < end; output++)
                {
                    result[(output * columns) + column] = source[output];
                }
            }
        }
    }
}
