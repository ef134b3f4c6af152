namespace VggTransfer.Datasets;

/// <summary>Finds the image files below a folder, once each, in ordinal order of their paths.</summary>
internal sealed class ImageFileFinder
{
    // Formats that can be decoded, and those that people keep photos in and should hear about rather than miss.
    private static readonly HashSet<string> s_extensions = new(StringComparer.OrdinalIgnoreCase)
    {
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".dib", ".ico",
        ".tif", ".tiff", ".avif", ".heic", ".heif", ".jp2",
    };

    // Real paths: a link that leads back to a folder on the way would otherwise be followed for ever, or give its images
    // a second time under another class.
    private readonly HashSet<string> _claimed = new(StringComparer.Ordinal);
    private readonly CancellationToken _cancellationToken;

    public ImageFileFinder(CancellationToken cancellationToken) => _cancellationToken = cancellationToken;

    /// <summary>Files that aren't images by their name, and hidden ones.</summary>
    public int IgnoredFiles { get; private set; }

    public static bool HasImageExtension(string path) => s_extensions.Contains(Path.GetExtension(path));

    public static bool IsHidden(string path) => Path.GetFileName(path).StartsWith('.');

    /// <summary>Keeps a folder from being entered through a link elsewhere.</summary>
    /// <returns>Whether nobody claimed it before, under whatever name.</returns>
    /// <exception cref="InvalidImageFolderException">A link on its path can't be followed.</exception>
    public bool Claim(string folder) => _claimed.Add(RealPath(folder));

    /// <param name="folder">A folder that was claimed.</param>
    /// <exception cref="InvalidImageFolderException">A folder can't be listed.</exception>
    public List<string> FindBelow(string folder)
    {
        var files = new List<string>();
        Collect(folder, files);
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private void Collect(string folder, List<string> files)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        foreach (string file in List(folder, Directory.EnumerateFiles))
        {
            if (!IsHidden(file) && HasImageExtension(file))
            {
                files.Add(file);
            }
            else
            {
                IgnoredFiles++;
            }
        }

        foreach (string child in List(folder, Directory.EnumerateDirectories).Where(child => !IsHidden(child)))
        {
            if (Claim(child))
            {
                Collect(child, files);
            }
        }
    }

    internal static List<string> List(string folder, Func<string, IEnumerable<string>> enumerate)
    {
        try
        {
            return [.. enumerate(folder).Order(StringComparer.Ordinal)];
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InvalidImageFolderException(folder, "its content may not be listed; give yourself permission to read it, or leave it out", e);
        }
        catch (IOException e) when (e is not InvalidImageFolderException)
        {
            throw new InvalidImageFolderException(folder, $"its content can't be listed ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>The path without links: not only the last folder may be one, but any on the way to it.</summary>
    private static string RealPath(string folder)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.GetDirectoryName(full) is not { } parent)
        {
            return full;
        }

        string path = Path.Combine(RealPath(parent), Path.GetFileName(full));
        try
        {
            return new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target ? RealPath(target.FullName) : path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidImageFolderException(folder, $"a link on its path can't be followed ({e.Message.TrimEnd('.')})", e);
        }
    }
}
