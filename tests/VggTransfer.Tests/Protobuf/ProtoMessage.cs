using System.Buffers.Binary;
using System.Text;

namespace VggTransfer.Tests.Protobuf;

/// <summary>Writes a protocol buffers message field by field, after the encoding's specification; also wrong ones.</summary>
internal sealed class ProtoMessage
{
    private readonly List<byte> _bytes = [];

    public byte[] ToArray() => [.. _bytes];

    public ProtoMessage Integer(int field, long value)
    {
        Varint((ulong)field << 3);
        return Varint((ulong)value);
    }

    public ProtoMessage Single(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        byte[] four = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(four, value);
        _bytes.AddRange(four);
        return this;
    }

    public ProtoMessage Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.AddRange(value);
        return this;
    }

    public ProtoMessage String(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoMessage Message(int field, ProtoMessage value) => Bytes(field, value.ToArray());

    public ProtoMessage Integers(int field, bool packed, params IEnumerable<long> values)
    {
        if (packed)
        {
            var inner = new ProtoMessage();
            foreach (long value in values)
            {
                inner.Varint((ulong)value);
            }

            return Message(field, inner);
        }

        foreach (long value in values)
        {
            Integer(field, value);
        }

        return this;
    }

    public ProtoMessage Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            _bytes.Add((byte)(value | 0x80));
        }

        _bytes.Add((byte)value);
        return this;
    }
}
