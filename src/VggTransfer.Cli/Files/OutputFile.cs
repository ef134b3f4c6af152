using VggTransfer.Files;

namespace VggTransfer.Cli;

/// <summary>A file to be written at the end of long work, checked at its beginning.</summary>
internal static class OutputFile
{
    // The system's own trees: root could replace a device there by a file.
    private static readonly string[] s_systemFolders = ["/dev/", "/proc/", "/sys/"];

    /// <summary>Makes sure that a file can appear at a path, and leaves nothing there.</summary>
    /// <param name="path">The file to be.</param>
    /// <param name="argument">What names the file on the command line.</param>
    /// <returns>Its full path.</returns>
    /// <exception cref="IOException">It is a folder or a device, its folder doesn't exist, or nothing can be written there; the message is a whole sentence.</exception>
    public static string Check(string path, string argument = "--output")
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? full;
        if (Directory.Exists(full))
        {
            throw new IOException($"'{path}' is a folder; name the file that {argument} shall write.");
        }

        if (!OperatingSystem.IsWindows() && s_systemFolders.Any(system => full.StartsWith(system, StringComparison.Ordinal) && !full.StartsWith("/dev/shm/", StringComparison.Ordinal)))
        {
            throw new IOException($"'{path}' lies in a folder of the system; name an ordinary file for {argument}.");
        }

        if (!Directory.Exists(folder))
        {
            throw new IOException($"The folder '{folder}' of {argument} {(File.Exists(folder) ? "is a file" : "doesn't exist; create it first")}.");
        }

        string probe = Path.Combine(folder, AtomicFile.TemporaryName());
        try
        {
            using var stream = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"Nothing can be written to the folder '{folder}' of {argument} ({(e is UnauthorizedAccessException ? "permission denied" : e.Message.TrimEnd('.'))}).", e);
        }

        return full;
    }

    /// <summary>Whether two paths name one file, by way of links as well.</summary>
    public static bool IsSame(string first, string second) => File.Exists(second) && RealPath(first) == RealPath(second);

    private static string RealPath(string path)
    {
        string full = Path.GetFullPath(path);
        return File.Exists(full) ? new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full : full;
    }
}
