using System.Collections.Concurrent;

namespace VggTransfer.Files;

/// <summary>
/// A path in the system's folder for temporary files; what was written there is deleted on disposal, or at the latest
/// when the process ends normally.
/// </summary>
internal sealed class TemporaryFile : IDisposable
{
    private static readonly ConcurrentDictionary<string, byte> s_alive = new(StringComparer.Ordinal);

    static TemporaryFile() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (string path in s_alive.Keys)
        {
            File.Delete(path);
        }
    };

    public TemporaryFile(string extension)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"vggtransfer-{Guid.NewGuid():N}{extension}");
        s_alive.TryAdd(Path, 0);
    }

    public string Path { get; }

    public void Dispose()
    {
        File.Delete(Path);
        s_alive.TryRemove(Path, out _);
    }
}
