using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Files;

namespace VggTransfer.Similarity;

/// <summary>Reads what stands before the vectors of an index file. The file may come from anywhere: each length is checked before it is believed.</summary>
internal sealed class IndexFileReader
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly MappedFile _file;

    private IndexFileReader(MappedFile file) => _file = file;

    /// <exception cref="InvalidModelFileException">The file is no index, or is damaged.</exception>
    public static IndexContent Read(MappedFile file) => new IndexFileReader(file).Read();

    private IndexContent Read()
    {
        if (_file.Length < IndexFileFormat.HeaderLength || !_file.Slice(0, IndexFileFormat.Magic.Length).Span.SequenceEqual(IndexFileFormat.Magic))
        {
            throw Fault("it doesn't begin as one; name a file that 'vggtransfer similar --index' made");
        }

        ReadOnlySpan<byte> header = _file.Slice(0, IndexFileFormat.HeaderLength).Span;
        int settingsLength = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        int dimension = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
        long count = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        long entriesLength = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        long vectorsStart = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        Require(settingsLength is > 0 and <= IndexFileFormat.LongestSettings, 8, $"it claims settings of {settingsLength} bytes");
        Require(dimension is > 0 and <= IndexFileFormat.LargestDimension, 12, $"it claims vectors of {dimension} numbers");
        Require(count is >= 0 and <= int.MaxValue, 16, $"it claims {count} pictures");
        Require(entriesLength >= count * IndexFileFormat.FixedEntryLength && entriesLength <= Math.Min(int.MaxValue, _file.Length), 24, $"it claims entries of {entriesLength} bytes for {count} pictures");
        long entriesStart = IndexFileFormat.HeaderLength + settingsLength;
        Require(vectorsStart == IndexFileFormat.Align(entriesStart + entriesLength), 32, $"its vectors don't follow its entries");

        // At the most 2^31 * 2^20 * 2 bytes.
        Require(vectorsStart + (count * dimension * sizeof(ushort)) == _file.Length, 0, $"it has {_file.Length} bytes, and by its header should have {vectorsStart + (count * dimension * sizeof(ushort))}; it was cut short or mixed up");
        byte[] described = [.. header[..IndexFileFormat.ChecksumPosition], .. _file.Slice(IndexFileFormat.HeaderLength, settingsLength).Span, .. _file.Slice(entriesStart, (int)entriesLength).Span];
        Require(Crc32.HashToUInt32(described) == BinaryPrimitives.ReadUInt32LittleEndian(header[IndexFileFormat.ChecksumPosition..]), IndexFileFormat.ChecksumPosition, "its checksum differs, so it is damaged");
        IndexSettings settings = ReadSettings(_file.Slice(IndexFileFormat.HeaderLength, settingsLength).Span);
        IndexEntry[] entries = ReadEntries(_file.Slice(entriesStart, (int)entriesLength).Span, (int)count, entriesStart);
        return new IndexContent(settings, entries, dimension, vectorsStart);
    }

    private IndexSettings ReadSettings(ReadOnlySpan<byte> json)
    {
        try
        {
            IndexSettings settings = JsonSerializer.Deserialize<IndexSettings>(json, IndexFileFormat.Json) ?? throw Fault("its settings are empty", IndexFileFormat.HeaderLength);
            _ = FeatureLayer.Parse(settings.Layer);
            Require(settings.InputSize is >= FeatureNetworkOptions.SmallestInput and <= FeatureNetworkOptions.LargestInput, IndexFileFormat.HeaderLength, $"its input size of {settings.InputSize} is out of range");
            return settings;
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException)
        {
            throw Fault("its settings can't be read", IndexFileFormat.HeaderLength);
        }
    }

    private IndexEntry[] ReadEntries(ReadOnlySpan<byte> data, int count, long start)
    {
        var entries = new IndexEntry[count];
        var paths = new HashSet<string>(count, StringComparer.Ordinal);
        int position = 0;
        for (int i = 0; i < count; i++)
        {
            Require(data.Length - position >= IndexFileFormat.FixedEntryLength, start + position, "its entries end early");
            ReadOnlySpan<byte> entry = data[position..];
            int pathLength = BinaryPrimitives.ReadInt32LittleEndian(entry[(IndexFileFormat.FixedEntryLength - 4)..]);
            Require(pathLength is > 0 and <= IndexFileFormat.LongestPath && pathLength <= entry.Length - IndexFileFormat.FixedEntryLength, start + position, $"it claims a path of {pathLength} bytes");
            string path = ReadPath(entry.Slice(IndexFileFormat.FixedEntryLength, pathLength), start + position);
            Require(paths.Add(path), start + position, "a path stands in it twice");
            entries[i] = new IndexEntry(
                path,
                Convert.ToHexStringLower(entry[..IndexFileFormat.HashLength]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[IndexFileFormat.HashLength..]),
                BinaryPrimitives.ReadInt64LittleEndian(entry[(IndexFileFormat.HashLength + 8)..]));
            position += IndexFileFormat.FixedEntryLength + pathLength;
        }

        Require(position == data.Length, start + position, "bytes are left behind its entries");
        return entries;
    }

    /// <summary>Paths are joined to a folder and opened, so none may lead out of it.</summary>
    private string ReadPath(ReadOnlySpan<byte> utf8, long position)
    {
        try
        {
            string path = s_utf8.GetString(utf8);
            bool isOutside = Path.IsPathRooted(path) || path.Split('/').Contains("..") || (OperatingSystem.IsWindows() && path.AsSpan().ContainsAny('\\', ':'));
            Require(!isOutside && !path.Contains('\0', StringComparison.Ordinal), position, "a path in it leads out of the folder of images");
            return path;
        }
        catch (DecoderFallbackException)
        {
            throw Fault("a path in it is no text", position);
        }
    }

    private void Require(bool isSound, long position, string reason)
    {
        if (!isSound)
        {
            throw Fault(reason, position);
        }
    }

    private InvalidModelFileException Fault(string reason, long? position = null) => new(_file.Path, IndexFileFormat.Name, reason, position);
}

/// <summary>What an index file says before its vectors.</summary>
internal sealed record IndexContent(IndexSettings Settings, IndexEntry[] Entries, int Dimension, long VectorsStart);
