namespace VggTransfer.Cli;

/// <summary>A folder of one run's own, removed at its end.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vggtransfer-");

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose() => _folder.Delete(recursive: true);
}
