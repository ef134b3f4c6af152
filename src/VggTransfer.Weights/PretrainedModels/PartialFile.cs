using System.Text.Json;
using VggTransfer.Files;

namespace VggTransfer.PretrainedModels;

/// <summary>What a partial file is a part of: enough to ask the server for the rest of the very same thing.</summary>
internal sealed record PartialFileOrigin
{
    public required Uri Address { get; init; }

    /// <summary>A strong entity tag, with its quotes; null if the server gave none.</summary>
    public required string? EntityTag { get; init; }

    public required DateTimeOffset? LastModified { get; init; }

    /// <summary>The whole file's length; null if the server didn't say.</summary>
    public required long? TotalBytes { get; init; }
}

/// <summary>
/// The bytes of a file that have arrived so far, under the name with <c>.part</c> behind it, and beside it
/// (<c>.part.json</c>) where they come from, so that a later process can go on.
/// </summary>
internal sealed class PartialFile(string destination)
{
    public string Path { get; } = destination + ".part";

    public long Length => new FileInfo(Path) is { Exists: true } file ? file.Length : 0;

    /// <summary>Where the bytes come from; null if unknown.</summary>
    public PartialFileOrigin? Origin
    {
        get
        {
            if (!File.Exists(OriginPath))
            {
                return null;
            }

            try
            {
                return JsonSerializer.Deserialize(File.ReadAllText(OriginPath), CatalogJson.Default.PartialFileOrigin);
            }
            catch (JsonException)
            {
                // Damaged: as good as none.
                return null;
            }
        }
    }

    private string OriginPath => Path + ".json";

    /// <summary>Throws the bytes away and notes where the next ones come from.</summary>
    public void Restart(PartialFileOrigin origin)
    {
        Delete();
        AtomicFile.Write(OriginPath, stream => JsonSerializer.Serialize(stream, origin, CatalogJson.Default.PartialFileOrigin));
    }

    /// <summary>Opens the file for writing behind what it has.</summary>
    public FileStream Append() => new(Path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>Gives the whole file its own name.</summary>
    public void MoveTo(string path)
    {
        File.Move(Path, path, overwrite: true);
        File.Delete(OriginPath);
    }

    public void Delete()
    {
        File.Delete(Path);
        File.Delete(OriginPath);
    }
}
