using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace VggTransfer.Files;

/// <summary>
/// The members of a zip archive and where their bytes lie, which .NET's own reader doesn't tell: stored members are used in
/// place. Layout after PKWARE's APPNOTE 6.3. Names only serve to look members up; nothing is ever written under them.
/// </summary>
/// <remarks>
/// Checksums are the caller's to compare: torch can be told not to compute them (<c>set_crc32_options</c>), and doesn't compare them either.
/// </remarks>
internal sealed class ZipDirectory
{
    private const uint EndSignature = 0x06054b50;
    private const uint Zip64EndSignature = 0x06064b50;
    private const uint Zip64LocatorSignature = 0x07064b50;
    private static ReadOnlySpan<byte> Beginning => "PK"u8;

    private const uint EntrySignature = 0x02014b50;
    private const uint LocalSignature = 0x04034b50;
    private const int EndLength = 22;
    private const int Zip64EndLength = 56;
    private const int Zip64LocatorLength = 20;
    private const int EntryLength = 46;
    private const int LocalLength = 30;
    private const int LongestComment = ushort.MaxValue;
    private const int MaximumDirectoryLength = 64 << 20;
    private const ushort Zip64Extra = 1;

    // DEFLATE can't expand more than this: 258 bytes for 2 bits.
    private const int LargestExpansion = 1032;

    private readonly MappedFile _file;
    private readonly string _format;
    private readonly Dictionary<string, ZipMember> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _repeated = new(StringComparer.Ordinal);

    private ZipDirectory(MappedFile file, string format)
    {
        _file = file;
        _format = format;
    }

    /// <summary>The members' names, as they are in the file.</summary>
    public IEnumerable<string> Names => _members.Keys;

    /// <summary>Reads the list of members.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="format">What messages call the file's format.</param>
    /// <exception cref="InvalidModelFileException">The archive is cut off or damaged.</exception>
    public static ZipDirectory Read(MappedFile file, string format)
    {
        var directory = new ZipDirectory(file, format);
        (long start, long length, long count) = directory.FindEntries();
        directory.ReadEntries(start, (int)length, count);
        return directory;
    }

    /// <summary>The member of a name; null if there is none.</summary>
    /// <exception cref="InvalidModelFileException">Two members have the name, so that readers could differ on which is meant.</exception>
    public ZipMember? Find(string name) =>
        _repeated.Contains(name)
        ? throw Fault($"it has two members named '{MessageText.Shorten(name)}'; save it again")
        : _members.GetValueOrDefault(name);

    /// <summary>Where a stored member's bytes begin in the file; null where it is compressed.</summary>
    public long? PositionOf(ZipMember member) => member.IsStored ? DataStart(member) : null;

    /// <summary>A member's whole content: in place where it is stored, else inflated.</summary>
    /// <exception cref="InvalidModelFileException">It is damaged, compressed in an unknown way, or larger than 2 GB.</exception>
    public ReadOnlyMemory<byte> Content(ZipMember member)
    {
        long start = DataStart(member);
        if (member.Length > int.MaxValue)
        {
            throw Fault($"its member '{member.ShortName}' takes {member.Length:N0} bytes, and at most {int.MaxValue:N0} are supported");
        }

        return member.IsStored ? _file.Slice(start, (int)member.Length) : Inflate(member, start);
    }

    private unsafe byte[] Inflate(ZipMember member, long start)
    {
        if (member.PackedLength > int.MaxValue || member.Length / LargestExpansion > member.PackedLength)
        {
            throw Fault($"its member '{member.ShortName}' claims {member.Length:N0} bytes out of {member.PackedLength:N0} compressed ones; it is damaged or hostile", start);
        }

        byte[] content = new byte[member.Length];
        using MemoryHandle packed = _file.Slice(start, (int)member.PackedLength).Pin();
        using var inflater = new DeflateStream(new UnmanagedMemoryStream((byte*)packed.Pointer, member.PackedLength), CompressionMode.Decompress);
        try
        {
            if (inflater.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) == content.Length && inflater.ReadByte() < 0)
            {
                return content;
            }
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidModelFileException(_file.Path, _format, $"the compressed data of its member '{member.ShortName}' are damaged; get the file again", start, exception);
        }

        throw Fault($"its member '{member.ShortName}' doesn't have the length that the archive says; get the file again", start);
    }

    private (long Start, long Length, long Count) FindEntries()
    {
        int tailLength = (int)Math.Min(_file.Length, EndLength + LongestComment);
        long tailStart = _file.Length - tailLength;
        ReadOnlySpan<byte> tail = _file.Slice(tailStart, tailLength).Span;
        for (int i = tailLength - EndLength; i >= 0; i--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail[i..]) != EndSignature || BinaryPrimitives.ReadUInt16LittleEndian(tail[(i + 20)..]) != tailLength - EndLength - i)
            {
                continue;
            }

            long count = BinaryPrimitives.ReadUInt16LittleEndian(tail[(i + 10)..]);
            long length = BinaryPrimitives.ReadUInt32LittleEndian(tail[(i + 12)..]);
            long start = BinaryPrimitives.ReadUInt32LittleEndian(tail[(i + 16)..]);
            long end = tailStart + i;
            if (count == ushort.MaxValue || length == uint.MaxValue || start == uint.MaxValue)
            {
                (start, length, count, end) = FindZip64Entries(end) ?? (start, length, count, end);
            }

            if (start < 0 || length < 0 || length > MaximumDirectoryLength || start > end - length || count < 0 || count > length / EntryLength)
            {
                throw Fault("the list of members of its zip archive lies outside the file or is impossible; get the file again", end);
            }

            return (start, length, count);
        }

        throw Fault(_file.Slice(0, (int)Math.Min(_file.Length, Beginning.Length)).Span.SequenceEqual(Beginning)
            ? "its zip archive has no list of members at the end: the file is cut off, so get it again"
            : "it isn't a zip archive, as those are; name another file");
    }

    private (long Start, long Length, long Count, long End)? FindZip64Entries(long end)
    {
        if (end < Zip64LocatorLength)
        {
            return null;
        }

        ReadOnlySpan<byte> locator = _file.Slice(end - Zip64LocatorLength, Zip64LocatorLength).Span;
        long position = BinaryPrimitives.ReadInt64LittleEndian(locator[8..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) != Zip64LocatorSignature || position < 0 || position > end - Zip64LocatorLength - Zip64EndLength)
        {
            return null;
        }

        ReadOnlySpan<byte> record = _file.Slice(position, Zip64EndLength).Span;
        return BinaryPrimitives.ReadUInt32LittleEndian(record) != Zip64EndSignature
            ? null
            : (BinaryPrimitives.ReadInt64LittleEndian(record[48..]), BinaryPrimitives.ReadInt64LittleEndian(record[40..]), BinaryPrimitives.ReadInt64LittleEndian(record[32..]), position);
    }

    private void ReadEntries(long start, int length, long count)
    {
        ReadOnlySpan<byte> rest = _file.Slice(start, length).Span;
        for (long i = 0; i < count; i++)
        {
            if (rest.Length < EntryLength || BinaryPrimitives.ReadUInt32LittleEndian(rest) != EntrySignature)
            {
                throw Fault("the list of members of its zip archive is damaged; get the file again", start + length - rest.Length);
            }

            int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
            int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
            int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
            if (rest.Length - EntryLength < nameLength + extraLength + commentLength)
            {
                throw Fault("the list of members of its zip archive is damaged; get the file again", start + length - rest.Length);
            }

            var member = new ZipMember
            {
                Name = Encoding.UTF8.GetString(rest.Slice(EntryLength, nameLength)),
                IsEncrypted = (rest[8] & 1) != 0,
                Method = BinaryPrimitives.ReadUInt16LittleEndian(rest[10..]),
                Checksum = BinaryPrimitives.ReadUInt32LittleEndian(rest[16..]),
                PackedLength = BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]),
                Length = BinaryPrimitives.ReadUInt32LittleEndian(rest[24..]),
                HeaderPosition = BinaryPrimitives.ReadUInt32LittleEndian(rest[42..]),
            };
            member = WithZip64(member, rest.Slice(EntryLength + nameLength, extraLength));
            if (!_members.TryAdd(member.Name, member))
            {
                _repeated.Add(member.Name);
            }

            rest = rest[(EntryLength + nameLength + extraLength + commentLength)..];
        }
    }

    /// <summary>Takes the fields that didn't fit into 32 bits from the entry's extra data, in the order of APPNOTE 4.5.3.</summary>
    private ZipMember WithZip64(ZipMember member, ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            int id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            extra = extra[4..];
            if (length > extra.Length)
            {
                break;
            }

            if (id == Zip64Extra)
            {
                ReadOnlySpan<byte> fields = extra[..length];
                return member with
                {
                    Length = Wide(member.Length, ref fields),
                    PackedLength = Wide(member.PackedLength, ref fields),
                    HeaderPosition = Wide(member.HeaderPosition, ref fields),
                };
            }

            extra = extra[length..];
        }

        return member;
    }

    private long Wide(long narrow, ref ReadOnlySpan<byte> fields)
    {
        if (narrow != uint.MaxValue)
        {
            return narrow;
        }

        if (fields.Length < 8 || BinaryPrimitives.ReadInt64LittleEndian(fields) is < 0)
        {
            throw Fault("the list of members of its zip archive has sizes that are impossible; get the file again");
        }

        long wide = BinaryPrimitives.ReadInt64LittleEndian(fields);
        fields = fields[8..];
        return wide;
    }

    /// <summary>Checks a member's own header and that its bytes lie within the file.</summary>
    private long DataStart(ZipMember member)
    {
        if (member.IsEncrypted || member.Method is not (ZipMember.Stored or ZipMember.Deflated))
        {
            throw Fault($"its member '{member.ShortName}' is {(member.IsEncrypted ? "encrypted" : $"compressed by method {member.Method}")}, which isn't read; save it again in the usual way");
        }

        if (member.HeaderPosition > _file.Length - LocalLength)
        {
            throw Fault($"its member '{member.ShortName}' begins past the file's end; get the file again");
        }

        ReadOnlySpan<byte> header = _file.Slice(member.HeaderPosition, LocalLength).Span;
        long start = member.HeaderPosition + LocalLength + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != LocalSignature)
        {
            throw Fault($"its member '{member.ShortName}' isn't where the archive says; the file is damaged, so get it again", member.HeaderPosition);
        }

        if (start > _file.Length || member.PackedLength > _file.Length - start || (member.IsStored && member.PackedLength != member.Length))
        {
            throw Fault($"its member '{member.ShortName}' is cut off; get the file again", member.HeaderPosition);
        }

        return start;
    }

    private InvalidModelFileException Fault(string reason, long? position = null) => new(_file.Path, _format, reason, position);
}
