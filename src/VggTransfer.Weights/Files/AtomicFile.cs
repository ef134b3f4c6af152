namespace VggTransfer.Files;

/// <summary>Files that are there whole or not at all.</summary>
public static class AtomicFile
{
    private const string Extension = ".tmp";

    /// <summary>
    /// Writes to a temporary file in the same folder and renames it to <paramref name="path"/> when it is whole and on
    /// disk. If <paramref name="write"/> throws, the temporary file is removed and what stood at the path stays.
    /// </summary>
    /// <param name="path">The file to be.</param>
    /// <param name="write">Gets a stream that can be written, read and sought.</param>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string temporary = Path.Combine(Path.GetDirectoryName(full)!, TemporaryName());
        bool renamed = false;
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
            renamed = true;
        }
        finally
        {
            if (!renamed)
            {
                File.Delete(temporary);
            }
        }
    }

    /// <summary>A name for a temporary file, hidden and met nowhere else.</summary>
    public static string TemporaryName() => $".{Guid.NewGuid():N}{Extension}";

    /// <summary>
    /// Removes from a folder what a process left that was killed while it wrote. Only where nobody else is writing.
    /// </summary>
    /// <param name="folder">The folder; it need not exist.</param>
    public static void RemoveUnfinished(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        foreach (string left in Directory.EnumerateFiles(folder, ".*" + Extension).Where(left => Guid.TryParseExact(Path.GetFileName(left)[1..^Extension.Length], "N", out _)))
        {
            File.Delete(left);
        }
    }
}
