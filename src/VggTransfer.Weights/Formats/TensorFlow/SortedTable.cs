using System.Buffers.Binary;
using System.Text;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>
/// A table in LevelDB's format (doc/table_format.md of LevelDB): blocks of sorted keys, each key sharing a prefix with the
/// one before it; an index block; a footer. Every length and checksum is compared before it is believed.
/// </summary>
internal static class SortedTable
{
    private const int FooterLength = 48;
    private const ulong Magic = 0xDB4775248B80FB57;

    // Type and checksum behind each block.
    private const int TrailerLength = 5;

    // VGG19 with batch norm and Adam has some 250 keys.
    private const int MaximumKeys = 100_000;
    private const int MaximumKeyLength = 4096;

    /// <summary>Whether a file ends as a table does.</summary>
    public static bool HasFooter(ReadOnlySpan<byte> tail) =>
        tail.Length >= sizeof(ulong) && BinaryPrimitives.ReadUInt64LittleEndian(tail[^sizeof(ulong)..]) == Magic;

    /// <summary>All keys in order with their values.</summary>
    /// <param name="content">The whole file.</param>
    /// <exception cref="FormatException">It isn't a sound table; the message continues "the file isn't usable:".</exception>
    public static List<KeyValuePair<string, ReadOnlyMemory<byte>>> Read(ReadOnlyMemory<byte> content)
    {
        if (content.Length < FooterLength || !HasFooter(content.Span))
        {
            throw new FormatException("it doesn't end as a checkpoint's index does, so it is cut off or a file of another kind");
        }

        int footer = content.Length - FooterLength;
        int position = footer;
        int handles = content.Length - sizeof(ulong);
        _ = ReadHandle(content.Span[..handles], ref position, footer);
        (int Start, int Length) index = ReadHandle(content.Span[..handles], ref position, footer);
        var entries = new List<KeyValuePair<string, ReadOnlyMemory<byte>>>();
        byte[] last = [];
        int expected = 0;
        foreach ((_, ReadOnlyMemory<byte> handle) in ReadBlock(content, index, []))
        {
            int start = 0;
            (int Start, int Length) block = ReadHandle(handle.Span, ref start, footer);
            if (block.Start < expected)
            {
                throw new FormatException("blocks of its index overlap; it is damaged");
            }

            expected = block.Start + block.Length + TrailerLength;
            foreach ((byte[] key, ReadOnlyMemory<byte> value) in ReadBlock(content, block, last))
            {
                if (entries.Count >= MaximumKeys)
                {
                    throw new FormatException($"it lists more than {MaximumKeys:N0} tensors, and a VGG has a few hundred");
                }

                entries.Add(new(Encoding.UTF8.GetString(key), value));
                last = key;
            }
        }

        return entries;
    }

    /// <summary>A block's position and length, which lie in front of the limit with the trailer.</summary>
    private static (int Start, int Length) ReadHandle(ReadOnlySpan<byte> bytes, ref int position, int limit)
    {
        ulong start = Varint.Read(bytes, ref position);
        ulong length = Varint.Read(bytes, ref position);
        return start <= (ulong)limit && length <= (ulong)limit - start && (ulong)limit - start - length >= TrailerLength
            ? ((int)start, (int)length)
            : throw new FormatException("a block of its index lies outside the file; it is cut off or damaged");
    }

    /// <summary>The entries of a block, whose keys follow <paramref name="last"/> in order.</summary>
    private static IEnumerable<(byte[] Key, ReadOnlyMemory<byte> Value)> ReadBlock(ReadOnlyMemory<byte> content, (int Start, int Length) block, byte[] last)
    {
        int end = CheckBlock(content.Span, block);
        ReadOnlyMemory<byte> data = content.Slice(block.Start, end);
        byte[] key = [];
        for (int position = 0; position < end;)
        {
            (int shared, int added, int length) = ReadLengths(data.Span, ref position);
            if (shared > key.Length || shared + added > MaximumKeyLength || added + length > end - position)
            {
                throw new FormatException("a key of its index is longer than its block; it is damaged");
            }

            key = [.. key.AsSpan(0, shared), .. data.Span.Slice(position, added)];
            if (last.AsSpan().SequenceCompareTo(key) > 0 || (last.Length > 0 && last.AsSpan().SequenceEqual(key)))
            {
                throw new FormatException("the keys of its index aren't in order; it is damaged");
            }

            last = key;
            yield return (key, data.Slice(position + added, length));
            position += added + length;
        }
    }

    private static (int Shared, int Added, int Value) ReadLengths(ReadOnlySpan<byte> data, ref int position)
    {
        ulong shared = Varint.Read(data, ref position);
        ulong added = Varint.Read(data, ref position);
        ulong value = Varint.Read(data, ref position);
        return shared <= MaximumKeyLength && added <= MaximumKeyLength && value <= (ulong)data.Length
            ? ((int)shared, (int)added, (int)value)
            : throw new FormatException("an entry of its index is longer than its block; it is damaged");
    }

    /// <summary>Compares the trailer and the restart points.</summary>
    /// <returns>Where the entries end.</returns>
    private static int CheckBlock(ReadOnlySpan<byte> content, (int Start, int Length) block)
    {
        ReadOnlySpan<byte> data = content.Slice(block.Start, block.Length + TrailerLength);
        if (BinaryPrimitives.ReadUInt32LittleEndian(data[^4..]) != Crc32C.MaskedOf(data[..^4]))
        {
            throw new FormatException("a block of its index doesn't match its checksum; it is damaged");
        }

        byte compression = data[^TrailerLength];
        if (compression != 0)
        {
            throw new FormatException(compression == 1
                ? "its index is compressed with Snappy, which TensorFlow doesn't do by itself and which isn't supported; save the checkpoint again"
                : $"its index is compressed in an unknown way ({compression}); it is damaged");
        }

        data = data[..^TrailerLength];
        uint restarts = data.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(data[^4..]) : uint.MaxValue;
        long end = data.Length - 4 - (4L * restarts);
        return restarts >= 1 && end >= 0 ? (int)end : throw new FormatException("a block of its index has more restart points than room; it is damaged");
    }
}
