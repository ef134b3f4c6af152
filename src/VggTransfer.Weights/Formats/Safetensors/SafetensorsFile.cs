using System.Buffers.Binary;
using VggTransfer.Files;

namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>
/// A safetensors file: an 8-byte length, a JSON header, the tensors' bytes. The file is mapped, not read: opening costs the
/// header only. Every length is checked before it is believed: no holes, no overlap, no bytes left over. Safe to share
/// between threads; after disposal the tensors' bytes can't be read any more. The file may be replaced (renamed over) while
/// it is open, but must not be shortened in place.
/// </summary>
internal sealed class SafetensorsFile : IDisposable
{
    /// <summary>What messages call the format.</summary>
    internal const string FormatName = "safetensors";

    private readonly MappedFile _file;
    private readonly Dictionary<string, SafetensorsTensor> _byName;

    private SafetensorsFile(MappedFile file, IReadOnlyDictionary<string, string> metadata, List<SafetensorsTensor> tensors)
    {
        _file = file;
        Metadata = metadata;
        Tensors = tensors;
        _byName = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's path as it was given.</summary>
    public string Path => _file.Path;

    /// <summary>The strings under <c>__metadata__</c>; empty if there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>All tensors of all types, in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsTensor> Tensors { get; }

    /// <summary>Maps a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It isn't a sound safetensors file.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        MappedFile file = MappedFile.Open(path, FormatName);
        try
        {
            CheckLength(path, file.Length);
            return Create(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file that lies in memory, without copying the tensors.</summary>
    /// <param name="content">The whole file.</param>
    /// <param name="path">What messages call it.</param>
    /// <exception cref="InvalidModelFileException">It isn't a sound safetensors file.</exception>
    public static SafetensorsFile Parse(ReadOnlyMemory<byte> content, string path = "memory")
    {
        ArgumentNullException.ThrowIfNull(path);
        CheckLength(path, content.Length);
        return Create(MappedFile.InMemory(content, path));
    }

    /// <summary>The tensor of a name; null if there is none.</summary>
    /// <param name="name">The name, exactly as in the file.</param>
    public SafetensorsTensor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _file.Dispose();

    private static void CheckLength(string path, long length)
    {
        if (length < SafetensorsHeader.Start)
        {
            throw new InvalidModelFileException(path, FormatName, length == 0 ? "it is empty" : "it is cut off within its first 8 bytes");
        }
    }

    private static SafetensorsFile Create(MappedFile file)
    {
        (string path, long fileLength) = (file.Path, file.Length);
        ReadOnlySpan<byte> start = file.Slice(0, SafetensorsHeader.Start).Span;
        if (ForeignContent.IsGitLfsPointer(file.Slice(0, (int)Math.Min(fileLength, ForeignContent.HeadLength)).Span))
        {
            throw new InvalidModelFileException(path, FormatName, ForeignContent.GitLfsPointer, 0);
        }

        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (headerLength > SafetensorsHeader.MaximumLength)
        {
            throw new InvalidModelFileException(path, FormatName, $"its header claims {headerLength:N0} bytes, above the format's limit of {SafetensorsHeader.MaximumLength:N0}, so this is probably a file of another kind", 0);
        }

        long dataStart = SafetensorsHeader.Start + (long)headerLength;
        if (dataStart > fileLength)
        {
            throw new InvalidModelFileException(path, FormatName, $"its header claims {headerLength:N0} bytes, and the file has {fileLength - SafetensorsHeader.Start:N0} after the length; it is cut off or a file of another kind", 0);
        }

        SafetensorsHeader header = SafetensorsHeader.Parse(file.Slice(SafetensorsHeader.Start, (int)headerLength).Span, path);
        List<SafetensorsEntry> entries = header.Entries;
        entries.Sort((left, right) => (left.Begin, left.End).CompareTo((right.Begin, right.End)));
        var tensors = new List<SafetensorsTensor>(entries.Count);
        long expected = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            int length = CheckExtent(path, entry, expected, fileLength, dataStart);
            tensors.Add(new SafetensorsTensor(entry.Name, entry.DataType, entry.Shape, dataStart + entry.Begin, file.Slice(dataStart + entry.Begin, length)));
            expected = entry.End;
        }

        if (expected != fileLength - dataStart)
        {
            throw new InvalidModelFileException(path, FormatName, $"{fileLength - dataStart - expected:N0} bytes follow its last tensor, which no tensor claims", dataStart + expected);
        }

        return new SafetensorsFile(file, header.Metadata, tensors);
    }

    /// <summary>Compares an entry's offsets with its type and shape, with the tensor before it and with the file's end.</summary>
    /// <returns>The tensor's bytes.</returns>
    private static int CheckExtent(string path, SafetensorsEntry entry, long expected, long fileLength, long dataStart)
    {
        Int128 bytes = entry.DataType.ByteSize();
        foreach (int dimension in entry.Shape)
        {
            bytes *= dimension;

            // Beyond the file in any case, unless a later dimension is 0; stop before even 128 bits overflow.
            if (bytes > long.MaxValue)
            {
                throw new InvalidModelFileException(path, FormatName, $"tensor '{entry.Name}' of shape ({string.Join(", ", entry.Shape)}) is larger than any file");
            }
        }

        if (bytes != entry.End - entry.Begin)
        {
            throw new InvalidModelFileException(path, FormatName, $"tensor '{entry.Name}' of type {entry.DataType} and shape ({string.Join(", ", entry.Shape)}) takes {bytes:N0} bytes, and its data_offsets span {entry.End - entry.Begin:N0}");
        }

        if (entry.End > fileLength - dataStart)
        {
            throw new InvalidModelFileException(path, FormatName, $"tensor '{entry.Name}' reaches {entry.End - (fileLength - dataStart):N0} bytes past the file's end; the file is cut off or damaged", fileLength);
        }

        if (entry.Begin != expected)
        {
            throw new InvalidModelFileException(path, FormatName, $"tensor '{entry.Name}' {(entry.Begin < expected ? "overlaps the tensor before it" : $"follows a hole of {entry.Begin - expected:N0} bytes")}", dataStart + entry.Begin);
        }

        return bytes <= int.MaxValue
            ? (int)bytes
            : throw new InvalidModelFileException(path, FormatName, $"tensor '{entry.Name}' takes {bytes:N0} bytes, and at most {int.MaxValue:N0} are supported");
    }
}
