namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>The elements of a dataset, row-major: a stretch of the file, or an array where they were stored in chunks.</summary>
internal sealed class Hdf5Data
{
    private readonly Hdf5Source? _source;
    private readonly long _address;
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>A stretch of the file, which lies within it.</summary>
    public Hdf5Data(Hdf5Source source, long address, long length, string what)
    {
        source.Check(address, length, what);
        (_source, _address, Length) = (source, address, (int)length);
    }

    /// <summary>Bytes that were put together from chunks.</summary>
    public Hdf5Data(ReadOnlyMemory<byte> bytes) => (_bytes, Length) = (bytes, bytes.Length);

    /// <summary>How many bytes there are.</summary>
    public int Length { get; }

    /// <summary>Copies bytes from an offset on.</summary>
    public void CopyTo(int offset, Span<byte> destination)
    {
        if (_source is null)
        {
            _bytes.Span.Slice(offset, destination.Length).CopyTo(destination);
        }
        else
        {
            _source.CopyTo(_address + offset, destination);
        }
    }

    /// <summary>All bytes.</summary>
    public ReadOnlyMemory<byte> ToMemory()
    {
        if (_source is null)
        {
            return _bytes;
        }

        byte[] bytes = new byte[Length];
        CopyTo(0, bytes);
        return bytes;
    }
}
