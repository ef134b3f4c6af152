namespace VggTransfer.Files;

/// <summary>A path in the system's folder for temporary files; what was written there is deleted on disposal.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string extension) =>
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"vggtransfer-{Guid.NewGuid():N}{extension}");

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
