using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>
/// A checkpoint of TensorFlow: an index of tensors (<c>PREFIX.index</c>) and their bytes in data files
/// (<c>PREFIX.data-00000-of-00001</c>). Tensors are read in pieces, not mapped: all of them change their layout on the way,
/// so a mapping would only keep their bytes in memory twice.
/// </summary>
internal sealed class TensorBundle : IDisposable
{
    /// <summary>What messages call the format.</summary>
    public const string FormatName = "TensorFlow checkpoint";

    public const string IndexExtension = ".index";

    // A VGG's takes 2 to 20 KB.
    private const long LargestIndex = 64L << 20;

    private const int LargestString = 64 << 20;
    private const int PieceSize = 1 << 22;

    private const int StringType = 7;

    private readonly string _prefix;
    private readonly BundleHeader _header;
    private readonly Dictionary<int, SafeFileHandle> _shards = [];

    private TensorBundle(string prefix, BundleHeader header, Dictionary<string, BundleEntry> entries)
    {
        _prefix = prefix;
        _header = header;
        Entries = entries;
    }

    /// <summary>The tensors by key.</summary>
    public IReadOnlyDictionary<string, BundleEntry> Entries { get; }

    /// <summary>Reads and checks the index.</summary>
    /// <param name="prefix">The files' common beginning.</param>
    /// <exception cref="FileNotFoundException">There is no index.</exception>
    /// <exception cref="InvalidModelFileException">It isn't sound.</exception>
    public static TensorBundle Open(string prefix)
    {
        string path = prefix + IndexExtension;
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}', which is a checkpoint's index.", path);
        }

        try
        {
            return Parse(prefix, ReadIndex(path));
        }
        catch (FormatException exception)
        {
            throw new InvalidModelFileException(path, FormatName, exception.Message, innerException: exception.InnerException);
        }
    }

    /// <summary>Reads a tensor of numbers in pieces of whole rows.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="rowBytes">Bytes of a row, which divide the tensor's.</param>
    /// <param name="piece">Takes the pieces in order.</param>
    /// <exception cref="InvalidModelFileException">The data file is missing, too short, or doesn't match the checksum.</exception>
    public void Read(string key, int rowBytes, Action<ReadOnlyMemory<byte>> piece)
    {
        BundleEntry entry = Entries[key];
        SafeFileHandle shard = OpenShard(key, entry, out string path);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(PieceSize / rowBytes, 1) * rowBytes);
        try
        {
            var crc = default(Crc32C);
            int most = buffer.Length / rowBytes * rowBytes;
            for (long done = 0; done < entry.Size;)
            {
                Memory<byte> part = buffer.AsMemory(0, (int)Math.Min(most, entry.Size - done));
                Fill(shard, path, entry.Offset + done, part.Span);
                crc.Add(part.Span);
                piece(part);
                done += part.Length;
            }

            if (crc.Masked != entry.MaskedCrc)
            {
                throw new InvalidModelFileException(path, FormatName, $"tensor '{MessageText.Shorten(key)}' doesn't match its checksum, so the file is damaged, or not of the same checkpoint as its index", entry.Offset);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>A tensor that is a single string; null if there is none of that key.</summary>
    /// <exception cref="InvalidModelFileException">It isn't sound.</exception>
    public byte[]? ReadString(string key)
    {
        if (!Entries.TryGetValue(key, out BundleEntry? entry))
        {
            return null;
        }

        SafeFileHandle shard = OpenShard(key, entry, out string path);
        if (entry.DataType != StringType || entry.Shape is not [] || entry.Size > LargestString)
        {
            throw new InvalidModelFileException(path, FormatName, $"'{MessageText.Shorten(key)}' isn't a single string of a sensible length; it is damaged", entry.Offset);
        }

        // The string's length, a checksum of the length, the string.
        byte[] bytes = new byte[entry.Size];
        Fill(shard, path, entry.Offset, bytes);
        try
        {
            int position = 0;
            ulong length = Varint.Read(bytes, ref position);
            if (length != (ulong)(bytes.Length - position - 4))
            {
                throw new FormatException($"the length of '{MessageText.Shorten(key)}' is wrong; it is damaged");
            }

            // The checksum runs over the length as 4 bytes, whatever it takes in the file.
            byte[] plain = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(plain, (uint)length);
            var crc = default(Crc32C);
            crc.Add(plain);
            uint lengthCrc = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position));
            bool sound = lengthCrc == crc.Masked;
            crc.Add(bytes.AsSpan(position));
            return sound && crc.Masked == entry.MaskedCrc
                ? bytes[(position + 4)..]
                : throw new FormatException($"'{MessageText.Shorten(key)}' doesn't match its checksum, so the file is damaged, or not of the same checkpoint as its index");
        }
        catch (FormatException exception)
        {
            throw new InvalidModelFileException(path, FormatName, exception.Message, entry.Offset);
        }
    }

    public void Dispose()
    {
        foreach (SafeFileHandle shard in _shards.Values)
        {
            shard.Dispose();
        }
    }

    private static byte[] ReadIndex(string path)
    {
        using SafeFileHandle handle = File.OpenHandle(path);
        long length = RandomAccess.GetLength(handle);
        if (length > LargestIndex)
        {
            throw new FormatException($"it has {length:N0} bytes, and the index of a VGG has some thousands");
        }

        byte[] content = new byte[length];
        Fill(handle, path, 0, content);
        return content;
    }

    private static TensorBundle Parse(string prefix, byte[] content)
    {
        List<KeyValuePair<string, ReadOnlyMemory<byte>>> table = SortedTable.Read(content);
        if (table.Count == 0 || table[0].Key.Length > 0)
        {
            throw new FormatException("its index lacks the header; it is damaged, or a table of another program");
        }

        BundleHeader header = BundleHeader.Parse(table[0].Value);
        if (header.BigEndian)
        {
            throw new FormatException("it was written on a big-endian machine, which isn't supported");
        }

        var entries = new Dictionary<string, BundleEntry>(StringComparer.Ordinal);
        foreach ((string key, ReadOnlyMemory<byte> value) in table.Skip(1))
        {
            // Keys that aren't UTF-8 may collide once they are text.
            if (!entries.TryAdd(key, BundleEntry.Parse(value)))
            {
                throw new FormatException($"its index has '{MessageText.Shorten(key)}' twice; it is damaged");
            }
        }

        return new TensorBundle(prefix, header, entries);
    }

    /// <summary>Opens the data file of an entry, all of whose bytes lie in it.</summary>
    private SafeFileHandle OpenShard(string key, BundleEntry entry, out string path)
    {
        if (entry.Shard < 0 || entry.Shard >= _header.Shards)
        {
            throw new InvalidModelFileException(_prefix + IndexExtension, FormatName, $"'{MessageText.Shorten(key)}' is said to be in data file {entry.Shard:N0} of {_header.Shards:N0}; the index is damaged");
        }

        path = string.Create(CultureInfo.InvariantCulture, $"{_prefix}.data-{entry.Shard:00000}-of-{_header.Shards:00000}");
        if (!_shards.TryGetValue((int)entry.Shard, out SafeFileHandle? shard))
        {
            if (!File.Exists(path))
            {
                throw new InvalidModelFileException(_prefix + IndexExtension, FormatName, $"its data file '{Path.GetFileName(path)}' isn't beside it; a checkpoint is the index and all its data files");
            }

            shard = File.OpenHandle(path);
            _shards.Add((int)entry.Shard, shard);
        }

        long length = RandomAccess.GetLength(shard);
        return entry.Offset >= 0 && entry.Size >= 0 && entry.Offset <= length && entry.Size <= length - entry.Offset
            ? shard
            : throw new InvalidModelFileException(path, FormatName, $"'{MessageText.Shorten(key)}' should be the {entry.Size:N0} bytes from {entry.Offset:N0} on, and the file has {length:N0}; it is cut off, or not of the same checkpoint as its index");
    }

    private static void Fill(SafeFileHandle handle, string path, long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                throw new InvalidModelFileException(path, FormatName, "it ended while it was being read", offset);
            }

            destination = destination[read..];
            offset += read;
        }
    }
}
