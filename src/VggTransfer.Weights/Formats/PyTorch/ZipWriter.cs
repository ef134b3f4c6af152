using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using VggTransfer.Files;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// Writes a zip archive of stored members whose contents begin at multiples of 64 bytes, as torch's do, so that they can be
/// mapped; .NET's own writer can't align. The same members give the same bytes.
/// </summary>
/// <param name="stream">Where to write; it must be able to seek, and be empty.</param>
internal sealed class ZipWriter(Stream stream)
{
    // torch: FIELD_ALIGNMENT in caffe2/serialize/inline_container.cc, and the tag of the field that it pads with.
    private const int Alignment = 64;
    private const ushort PaddingField = 0x4246;

    private const int LocalLength = 30;
    private const int ChecksumPosition = 14;
    private const ushort FirstOfJanuary1980 = 0x21;
    private const ushort Version20 = 20;
    private const ushort Version45 = 45;

    private readonly List<Member> _members = [];

    /// <summary>Adds a member.</summary>
    /// <param name="name">Its name in ASCII.</param>
    /// <param name="length">Its bytes; below 4 GB.</param>
    /// <param name="content">The bytes, piece by piece.</param>
    public void Add(string name, long length, IEnumerable<ReadOnlyMemory<byte>> content)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(length, uint.MaxValue);
        byte[] nameBytes = Encoding.ASCII.GetBytes(name);
        long position = stream.Position;
        int padding = (int)(Alignment - ((position + LocalLength + nameBytes.Length + 4) % Alignment)) % Alignment;
        var header = new FieldWriter(stackalloc byte[LocalLength]);
        header.UInt32(0x04034b50);
        header.UInt16(Version20);
        header.UInt16(0);
        header.UInt16(ZipMember.Stored);
        header.UInt16(0);
        header.UInt16(FirstOfJanuary1980);
        header.UInt32(0);
        header.UInt32((uint)length);
        header.UInt32((uint)length);
        header.UInt16((ushort)nameBytes.Length);
        header.UInt16((ushort)(4 + padding));
        stream.Write(header.Written);
        stream.Write(nameBytes);
        var field = new FieldWriter(stackalloc byte[4]);
        field.UInt16(PaddingField);
        field.UInt16((ushort)padding);
        stream.Write(field.Written);
        stream.Write(new byte[padding]);

        var checksum = new Crc32();
        long written = 0;
        foreach (ReadOnlyMemory<byte> piece in content)
        {
            stream.Write(piece.Span);
            checksum.Append(piece.Span);
            written += piece.Length;
        }

        if (written != length)
        {
            throw new ArgumentException($"Member '{name}' was announced with {length} bytes and has {written}.", nameof(content));
        }

        // The checksum is known only now, and stands in front.
        long end = stream.Position;
        Span<byte> checksumBytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(checksumBytes, checksum.GetCurrentHashAsUInt32());
        stream.Position = position + ChecksumPosition;
        stream.Write(checksumBytes);
        stream.Position = end;
        _members.Add(new Member(nameBytes, position, length, checksum.GetCurrentHashAsUInt32()));
    }

    /// <summary>Writes the list of members; nothing can be added any more.</summary>
    public void Finish()
    {
        long start = stream.Position;
        foreach (Member member in _members)
        {
            WriteEntry(member);
        }

        WriteEnd(start, stream.Position - start);
    }

    private void WriteEntry(Member member)
    {
        bool isFar = member.Position >= uint.MaxValue;
        var entry = new FieldWriter(stackalloc byte[46]);
        entry.UInt32(0x02014b50);
        entry.UInt16(isFar ? Version45 : Version20);
        entry.UInt16(isFar ? Version45 : Version20);
        entry.UInt16(0);
        entry.UInt16(ZipMember.Stored);
        entry.UInt16(0);
        entry.UInt16(FirstOfJanuary1980);
        entry.UInt32(member.Checksum);
        entry.UInt32((uint)member.Length);
        entry.UInt32((uint)member.Length);
        entry.UInt16((ushort)member.Name.Length);
        entry.UInt16((ushort)(isFar ? 12 : 0));
        entry.UInt16(0);
        entry.UInt16(0);
        entry.UInt16(0);
        entry.UInt32(0);
        entry.UInt32(isFar ? uint.MaxValue : (uint)member.Position);
        stream.Write(entry.Written);
        stream.Write(member.Name);
        if (isFar)
        {
            var zip64 = new FieldWriter(stackalloc byte[12]);
            zip64.UInt16(1);
            zip64.UInt16(8);
            zip64.UInt64((ulong)member.Position);
            stream.Write(zip64.Written);
        }
    }

    private void WriteEnd(long start, long length)
    {
        bool isFar = start >= uint.MaxValue;
        if (isFar)
        {
            long position = stream.Position;
            var far = new FieldWriter(stackalloc byte[56 + 20]);
            far.UInt32(0x06064b50);
            far.UInt64(44);
            far.UInt16(Version45);
            far.UInt16(Version45);
            far.UInt32(0);
            far.UInt32(0);
            far.UInt64((ulong)_members.Count);
            far.UInt64((ulong)_members.Count);
            far.UInt64((ulong)length);
            far.UInt64((ulong)start);
            far.UInt32(0x07064b50);
            far.UInt32(0);
            far.UInt64((ulong)position);
            far.UInt32(1);
            stream.Write(far.Written);
        }

        var end = new FieldWriter(stackalloc byte[22]);
        end.UInt32(0x06054b50);
        end.UInt16(0);
        end.UInt16(0);
        end.UInt16((ushort)_members.Count);
        end.UInt16((ushort)_members.Count);
        end.UInt32((uint)length);
        end.UInt32(isFar ? uint.MaxValue : (uint)start);
        end.UInt16(0);
        stream.Write(end.Written);
    }

    private sealed record Member(byte[] Name, long Position, long Length, uint Checksum);

    /// <summary>Puts little-endian fields one behind the other.</summary>
    private ref struct FieldWriter(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;
        private int _position;

        public readonly ReadOnlySpan<byte> Written => _bytes[.._position];

        public void UInt16(ushort value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_bytes[_position..], value);
            _position += sizeof(ushort);
        }

        public void UInt32(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes[_position..], value);
            _position += sizeof(uint);
        }

        public void UInt64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes[_position..], value);
            _position += sizeof(ulong);
        }
    }
}
