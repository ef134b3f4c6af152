using System.Buffers.Binary;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>Reads a pickle's bytes in order; every length is checked before it is believed.</summary>
/// <param name="bytes">The bytes in which the pickle ends, at the latest.</param>
/// <param name="path">The file, for messages.</param>
/// <param name="origin">Where the bytes begin in the file; null where they don't lie in it as they are.</param>
internal ref struct PickleSource(ReadOnlySpan<byte> bytes, string path, long? origin)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>How many bytes have been read.</summary>
    public int Position { get; private set; }

    public byte Byte() => Bytes(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Bytes(8));

    public ReadOnlySpan<byte> Bytes(ulong count)
    {
        if (count > (ulong)(_bytes.Length - Position))
        {
            throw Fault("its pickle is cut off or damaged; get the file again");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    /// <summary>The bytes up to the next line feed, which is skipped.</summary>
    public ReadOnlySpan<byte> Line()
    {
        int length = _bytes[Position..].IndexOf((byte)'\n');
        if (length < 0)
        {
            throw Fault("its pickle is cut off or damaged; get the file again");
        }

        ReadOnlySpan<byte> line = Bytes((ulong)length);
        Position++;
        return line;
    }

    public readonly InvalidModelFileException Fault(string reason) =>
        new(path, PyTorchModelReader.FormatName, reason, origin + Position);
}
