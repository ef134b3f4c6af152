using System.IO.Compression;

namespace VggTransfer.Parity.Images;

/// <summary>
/// Where the photos lie: in the goldens' own <c>photos/</c>, in a zip file or folder that was named, or else in
/// <c>shared/data/imagenet-photos-100.zip</c> above the goldens or above the program.
/// </summary>
internal sealed class PhotoSource : IDisposable
{
    private readonly List<string> _folders;
    private readonly ZipArchive? _zip;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);

    private PhotoSource(List<string> folders, string? zip)
    {
        _folders = folders;
        if (zip is not null)
        {
            _zip = ZipFile.OpenRead(zip);
            foreach (ZipArchiveEntry entry in _zip.Entries.Where(e => e.Name.Length > 0))
            {
                _entries[entry.Name] = entry;
            }
        }
    }

    public static PhotoSource Open(string goldens, string? photos)
    {
        List<string> folders = [Path.Combine(goldens, "photos"), goldens];
        string? zip = null;
        if (photos is null)
        {
            zip = FindAbove(goldens, "imagenet-photos-100.zip");
        }
        else if (Directory.Exists(photos))
        {
            folders.Insert(0, photos);
        }
        else
        {
            zip = photos;
        }

        return new PhotoSource(folders, zip);
    }

    /// <summary>A photo's bytes, or null where it is not found.</summary>
    public byte[]? Find(string name)
    {
        string? path = _folders.Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists)
            ?? _folders.Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, Path.GetFileName(name), SearchOption.AllDirectories)).FirstOrDefault();
        if (path is not null)
        {
            return File.ReadAllBytes(path);
        }

        if (!_entries.TryGetValue(Path.GetFileName(name), out ZipArchiveEntry? entry))
        {
            return null;
        }

        using MemoryStream bytes = new();
        using Stream stream = entry.Open();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    public void Dispose() => _zip?.Dispose();

    /// <summary>A file in <c>shared/data</c> or <c>data</c>, above the goldens or above the program; null where there is none.</summary>
    public static string? FindAbove(string goldens, string file) => Above(Path.GetFullPath(goldens), file) ?? Above(AppContext.BaseDirectory, file);

    private static string? Above(string start, string file)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            foreach (string relative in (string[])["shared/data", "data"])
            {
                string candidate = Path.Combine(folder.FullName, relative, file);
                if (File.Exists(candidate))
                {
                    return candidate;
                }
            }
        }

        return null;
    }
}
