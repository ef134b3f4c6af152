using System.Buffers.Binary;

namespace VggTransfer.Weights.Formats.Hdf5;

/// <summary>Reads the fields of one structure in turn. Every read is checked against the structure's end.</summary>
internal ref struct Hdf5Cursor
{
    /// <summary>The address that stands for "nothing stored": all bits set.</summary>
    public const long Undefined = -1;

    private readonly Hdf5Source _source;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _address;
    private readonly string _what;
    private int _position;

    /// <param name="source">The file.</param>
    /// <param name="address">Where the structure begins.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="what">What messages call it.</param>
    public Hdf5Cursor(Hdf5Source source, long address, int length, string what)
        : this(source, source.Structure(address, length, what), address, what)
    {
    }

    private Hdf5Cursor(Hdf5Source source, ReadOnlySpan<byte> bytes, long address, string what)
    {
        _source = source;
        _bytes = bytes;
        _address = address;
        _what = what;
    }

    /// <summary>The address of the next byte.</summary>
    public readonly long Address => _address + _position;

    /// <summary>Bytes that are left.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    public byte Byte() => Bytes(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    /// <summary>A length; above 2^63 it can't be one.</summary>
    public long Length()
    {
        long value = BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));
        return value >= 0 ? value : throw Fault("holds an impossible length");
    }

    /// <summary>An address, or <see cref="Undefined"/>.</summary>
    public long Offset()
    {
        long value = BinaryPrimitives.ReadInt64LittleEndian(Bytes(8));
        return value >= Undefined ? value : throw Fault("holds an impossible address");
    }

    /// <summary>A whole number of 1 to 8 bytes.</summary>
    public long Number(int size)
    {
        ulong value = 0;
        ReadOnlySpan<byte> bytes = Bytes(size);
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value <= long.MaxValue ? (long)value : throw Fault("holds an impossible number");
    }

    public void Skip(int count) => _ = Bytes(count);

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > Remaining)
        {
            throw Fault("ends too early");
        }

        ReadOnlySpan<byte> bytes = _bytes.Slice(_position, count);
        _position += count;
        return bytes;
    }

    /// <summary>A stretch of the structure as a cursor of its own.</summary>
    public Hdf5Cursor Part(int count, string what)
    {
        long address = Address;
        return new Hdf5Cursor(_source, Bytes(count), address, what);
    }

    /// <summary>Checks the four letters that a structure begins with.</summary>
    public void Expect(ReadOnlySpan<byte> signature)
    {
        if (!Bytes(signature.Length).SequenceEqual(signature))
        {
            throw Fault("isn't one");
        }
    }

    /// <summary>Checks a structure's version.</summary>
    public int Version(int lowest, int highest)
    {
        int version = Byte();
        return version >= lowest && version <= highest ? version : throw Fault($"has version {version}, which is unknown");
    }

    public readonly InvalidModelFileException Fault(string predicate) => _source.Fault($"{_what} {predicate}; the file is damaged", _address);
}
