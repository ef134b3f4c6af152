namespace VggTransfer.Tests.Fixtures;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = Find();

    /// <summary>Debug or Release: what the tests, and the programs they start, were built as.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>The built program of a project, to be started by <c>dotnet</c>.</summary>
    /// <param name="projectFolder">The project's folder below the root, such as <c>samples/QuickStart</c>.</param>
    public static string Program(string projectFolder) =>
        Path.Combine(Root, projectFolder, "bin", Configuration, "net10.0", Path.GetFileName(projectFolder) + ".dll");

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "VggTransfer.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests don't run inside a checkout of VggTransfer.");
    }
}
