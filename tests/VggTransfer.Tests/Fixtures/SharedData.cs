namespace VggTransfer.Tests.Fixtures;

/// <summary>
/// The reference data that lie beside the repository, in <c>../shared</c>. Tests that need them are skipped, visibly,
/// where they are absent.
/// </summary>
internal static class SharedData
{
    private static readonly string? s_root = Find();

    /// <summary>The full path of a file or folder below <c>shared/</c>; skips the running test where it is absent.</summary>
    public static string Require(string relativePath)
    {
        string? path = s_root is null ? null : Path.Combine(s_root, relativePath);
        Assert.SkipUnless(path is not null && Path.Exists(path), $"needs shared/{relativePath}, which is not on this machine");
        return path!;
    }

    private static string? Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared");
            if (Directory.Exists(Path.Combine(candidate, "goldens")))
            {
                return candidate;
            }
        }

        return null;
    }
}
