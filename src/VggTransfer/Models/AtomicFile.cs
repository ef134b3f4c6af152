namespace VggTransfer.Models;

/// <summary>Writes a file so that nobody ever sees half of it: under another name in the same folder, flushed, then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Writes or replaces <paramref name="path"/>. If <paramref name="write"/> throws, an existing file stays as it was.</summary>
    /// <exception cref="DirectoryNotFoundException">The folder doesn't exist.</exception>
    /// <exception cref="IOException">The disk is full, the file can't be replaced, and the like.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
