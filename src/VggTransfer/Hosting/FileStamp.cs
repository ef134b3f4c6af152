namespace VggTransfer.Hosting;

/// <summary>What tells one state of a file from another without reading it.</summary>
/// <param name="Target">Where its path leads, links followed: a mounted volume is replaced by pointing a link elsewhere.</param>
/// <param name="Written">When it was last written to.</param>
/// <param name="Length">Its length in bytes.</param>
internal sealed record FileStamp(string Target, DateTime Written, long Length)
{
    // As many as Linux follows.
    private const int DeepestLink = 40;

    /// <summary>The file's stamp; null if it isn't there or can't be looked at now.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var file = new FileInfo(FollowLinks(Path.GetFullPath(path)));
            return file.Exists ? new FileStamp(file.FullName, file.LastWriteTimeUtc, file.Length) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Links may stand for the file or for any folder above it, and lead to further links.</summary>
    /// <exception cref="IOException">They lead in a circle.</exception>
    private static string FollowLinks(string path, int depth = 0)
    {
        if (Path.GetDirectoryName(path) is not { } folder)
        {
            return path;
        }

        string here = Path.Combine(FollowLinks(folder, depth), Path.GetFileName(path));
        FileSystemInfo? next = new FileInfo(here).ResolveLinkTarget(returnFinalTarget: false);
        return next is null ? here
            : depth < DeepestLink ? FollowLinks(next.FullName, depth + 1)
            : throw new IOException($"The links at '{path}' lead in a circle.");
    }
}
