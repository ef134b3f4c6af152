namespace VggTransfer.Tests.Fixtures;

/// <summary>A folder of a test's own, gone with the test.</summary>
/// <param name="parent">Where; null for the system's folder of temporary files.</param>
internal sealed class TemporaryFolder(string? parent = null) : IDisposable
{
    /// <summary>The folder's full path.</summary>
    public string Path { get; } = parent is null
        ? Directory.CreateTempSubdirectory("vggtransfer-tests-").FullName
        : Directory.CreateDirectory(System.IO.Path.Combine(parent, $"vggtransfer-tests-{Guid.NewGuid():N}")).FullName;

    /// <summary>The full path of a file in it.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
