using System.Numerics;

namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>The heap that links and attributes of the newer format lie in (section III.G), as far as small objects go.</summary>
internal sealed class Hdf5FractalHeap
{
    private const int DeepestBlock = 16;

    private readonly Hdf5Source _source;
    private readonly long _address;
    private readonly int _offsetLength;
    private readonly int _lengthLength;
    private readonly int _width;
    private readonly long _startingSize;
    private readonly int _directRows;
    private readonly int _rootRows;
    private readonly long _root;

    private Hdf5FractalHeap(Hdf5Source source, long address)
    {
        var header = new Hdf5Cursor(source, address, 142, "a fractal heap");
        header.Expect("FRHP"u8);
        header.Version(0, 0);
        IdLength = header.UInt16();
        int filters = header.UInt16();
        header.Skip(1);
        long largestManaged = header.UInt32();
        header.Skip(96);
        _width = header.UInt16();
        _startingSize = header.Length();
        long largestDirect = header.Length();
        int heapBits = header.UInt16();
        header.Skip(2);
        _root = header.Offset();
        _rootRows = header.UInt16();
        if (filters != 0)
        {
            throw source.Fault("a fractal heap is compressed, which isn't supported; save the file again with Keras", address);
        }

        if (_width is 0 or > 1024 || heapBits is 0 or > 64 || !BitOperations.IsPow2(_startingSize) || !BitOperations.IsPow2(largestDirect) || largestDirect < _startingSize || largestDirect > int.MaxValue || largestManaged == 0 || _rootRows > 64)
        {
            throw header.Fault("has impossible measures");
        }

        _source = source;
        _address = address;
        _offsetLength = (heapBits + 7) / 8;
        _lengthLength = Math.Min(Hdf5DenseStorage.EncodedLength(largestDirect), Hdf5DenseStorage.EncodedLength(largestManaged));
        _directRows = BitOperations.Log2((ulong)largestDirect) - BitOperations.Log2((ulong)_startingSize) + 2;
    }

    /// <summary>Bytes of an object's identifier.</summary>
    public int IdLength { get; }

    public static Hdf5FractalHeap Read(Hdf5Source source, long address) => new(source, address);

    /// <summary>Where an object lies, by its identifier.</summary>
    public (long Address, int Length) Locate(ref Hdf5Cursor identifier)
    {
        int flags = identifier.Byte();
        if ((flags & 0xF0) != 0)
        {
            throw _source.Fault("a link or attribute is stored apart for its size, which isn't supported; save the file again with Keras", identifier.Address);
        }

        long offset = identifier.Number(_offsetLength);
        long length = identifier.Number(_lengthLength);
        if (length > int.MaxValue)
        {
            throw identifier.Fault("claims an impossible length");
        }

        if (_rootRows == 0)
        {
            return (CheckBlock(_root, offset, length, _startingSize), (int)length);
        }

        return (Descend(_root, _rootRows, offset, length, DeepestBlock), (int)length);
    }

    private long Descend(long block, int rows, long offset, long length, int depth)
    {
        long rowStart = 0;
        for (int row = 0; row < rows; row++)
        {
            // Two rows of the starting size, then each twice as large.
            long size = row < 2 ? _startingSize : row - 1 < 62 - BitOperations.Log2((ulong)_startingSize) ? _startingSize << (row - 1) : long.MaxValue;
            long column = (offset - rowStart) / size;
            if (column < _width)
            {
                int header = 13 + _offsetLength;
                long entry = block + header + (8 * ((row * (long)_width) + column));
                var start = new Hdf5Cursor(_source, block, 4, "a fractal heap's block");
                start.Expect("FHIB"u8);
                long child = new Hdf5Cursor(_source, entry, 8, "a fractal heap's block").Offset();
                long inside = offset - rowStart - (column * size);
                if (row < _directRows)
                {
                    return CheckBlock(child, inside, length, size);
                }

                int childRows = BitOperations.Log2((ulong)size) - BitOperations.Log2((ulong)(_startingSize * _width)) + 1;
                return depth > 0 && childRows > 0 && childRows < row + 1
                    ? Descend(child, childRows, inside, length, depth - 1)
                    : throw _source.Fault("a fractal heap is nested too deep; the file is damaged", _address);
            }

            if (size > long.MaxValue / _width - rowStart)
            {
                break;
            }

            rowStart += size * _width;
        }

        throw _source.Fault("an object lies outside its fractal heap; the file is damaged", _address);
    }

    private long CheckBlock(long block, long offset, long length, long size)
    {
        new Hdf5Cursor(_source, block, 4, "a fractal heap's block").Expect("FHDB"u8);
        return offset <= size - length
            ? block + offset
            : throw _source.Fault("an object lies outside its fractal heap's block; the file is damaged", block);
    }
}
