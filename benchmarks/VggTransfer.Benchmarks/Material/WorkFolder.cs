namespace VggTransfer.Benchmarks.Material;

/// <summary>A folder for a gigabyte of files that are needed only now: gone when it is disposed, or at the latest when the process ends normally or by Ctrl+C.</summary>
internal sealed class WorkFolder : IDisposable
{
    private readonly EventHandler _atExit;

    public WorkFolder()
    {
        _atExit = (_, _) => Delete();
        AppDomain.CurrentDomain.ProcessExit += _atExit;
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("vggtransfer-benchmark-").FullName;

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= _atExit;
        Delete();
    }

    private void Delete()
    {
        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
