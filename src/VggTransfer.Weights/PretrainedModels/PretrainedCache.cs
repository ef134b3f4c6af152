using System.Text.Json;
using VggTransfer.Files;

namespace VggTransfer.PretrainedModels;

/// <summary>What was made of a published file: the converted file's name says which file it was made from.</summary>
internal sealed record CacheRecord
{
    public required long SourceBytes { get; init; }

    public required string SourceSha256 { get; init; }

    public required string SourceMd5 { get; init; }

    public required string ReadyFile { get; init; }

    public required long ReadyBytes { get; init; }

    public required string ReadySha256 { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    public FileHashes Source => new(SourceBytes, SourceSha256, SourceMd5);
}

/// <summary>
/// The places of one entry in the cache folder: the published file under its own name; the converted file
/// <c>NAME.HASH.safetensors</c>, where HASH begins the published file's sha256; the record <c>NAME.json</c>; the lock
/// <c>NAME.lock</c>.
/// </summary>
internal sealed class PretrainedCache(PretrainedEntry entry, string folder)
{
    private const int HashDigits = 16;

    public string Folder => folder;

    public string SourcePath => Path.Combine(folder, entry.File);

    public string LockPath => Path.Combine(folder, entry.Name + ".lock");

    private string RecordPath => Path.Combine(folder, entry.Name + ".json");

    public string ReadyPath(FileHashes source) => Path.Combine(folder, $"{entry.Name}.{source.Sha256[..HashDigits]}.safetensors");

    /// <summary>The converted file's path and record; null if it isn't there, or was made from another file than the one published.</summary>
    public (string Path, CacheRecord Record)? FindReady()
    {
        if (ReadRecord() is not { } record || record.Source.Fault(entry) is not null || record.SourceSha256.Length < HashDigits)
        {
            return null;
        }

        string path = ReadyPath(record.Source);
        return record.ReadyFile == Path.GetFileName(path) && new FileInfo(path) is { Exists: true } file && file.Length == record.ReadyBytes
            ? (path, record)
            : null;
    }

    /// <summary>All that is kept of the entry: the published file or the part of it that has arrived, converted files, the record.</summary>
    public IEnumerable<FileInfo> Files() => Directory.Exists(folder)
        ? new DirectoryInfo(folder).EnumerateFiles().Where(file =>
            file.Name == entry.File || file.Name.StartsWith(entry.File + ".part", StringComparison.Ordinal)
            || (file.FullName != LockPath && file.Name.StartsWith(entry.Name + ".", StringComparison.Ordinal)))
        : [];

    /// <summary>Removes it all, unless it is being fetched or converted at this moment.</summary>
    /// <returns>The bytes that were freed.</returns>
    /// <exception cref="IOException">A file can't be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be removed.</exception>
    public long Clear()
    {
        FileInfo[] files = [.. Files()];
        using FileLock? held = files.Length == 0 ? null : FileLock.TryTake(LockPath);
        if (held is null)
        {
            return 0;
        }

        long bytes = files.Sum(file => file.Length);
        foreach (FileInfo file in files)
        {
            file.Delete();
        }

        return bytes;
    }

    public void WriteRecord(CacheRecord record) =>
        AtomicFile.Write(RecordPath, stream => JsonSerializer.Serialize(stream, record, CatalogJson.Default.CacheRecord));

    private CacheRecord? ReadRecord()
    {
        if (!File.Exists(RecordPath))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(RecordPath), CatalogJson.Default.CacheRecord);
        }
        catch (JsonException)
        {
            // Damaged: the file is converted again.
            return null;
        }
    }
}
