using System.Text;

namespace VggTransfer.Cli;

/// <summary>A sample of the repository as the model of a project to be: its files are inside the tool, so sample and project can't differ.</summary>
/// <param name="Kind">What the command line calls it.</param>
/// <param name="Sample">The sample's folder and project name.</param>
/// <param name="FirstRun">What to type in the project's folder.</param>
internal sealed record ProjectTemplate(string Kind, string Sample, string FirstRun)
{
    private const string Prefix = "new/";

    public static IReadOnlyList<ProjectTemplate> All { get; } =
    [
        new("console", "ConsoleClassifier", "dotnet run -- photo.jpg"),
        new("webapi", "WebClassifier", "dotnet run"),
        new("worker", "WorkerClassifier", "dotnet run"),
    ];

    /// <summary>The project's files by their paths, with forward slashes, as they are in the repository.</summary>
    public IEnumerable<(string Path, string Content)> Files()
    {
        string start = $"{Prefix}samples/{Sample}/";

        // Built on Windows, the names have its separators.
        return typeof(ProjectTemplate).Assembly.GetManifestResourceNames()
            .Select(name => (Path: name.Replace('\\', '/'), Name: name))
            .Where(resource => resource.Path.StartsWith(start, StringComparison.Ordinal))
            .OrderBy(resource => resource.Path, StringComparer.Ordinal)
            .Select(resource => (resource.Path[start.Length..], Read(resource.Name)));
    }

    /// <summary>A file of the repository that is inside the tool.</summary>
    /// <param name="path">Its path in the repository.</param>
    public static string ReadRepositoryFile(string path) => Read(Prefix + path);

    private static string Read(string name)
    {
        using Stream stream = typeof(ProjectTemplate).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The tool was built without its resource {name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
