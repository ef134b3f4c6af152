using System.Text;
using VggTransfer.Classification;
using VggTransfer.Cli.Files;
using VggTransfer.Files;

namespace VggTransfer.Cli.NewProjects;

/// <summary>Writes a project: the sample's files, the library, the model. The folder appears whole or not at all.</summary>
internal static class ProjectWriter
{
    /// <param name="template">Which sample.</param>
    /// <param name="name">The project's name, a C# identifier.</param>
    /// <param name="model">The model file; it is read once, so that a project never gets a broken one.</param>
    /// <param name="folder">The folder to be; it doesn't exist, or is empty.</param>
    /// <param name="cancellationToken">Ends the work; nothing stays then.</param>
    /// <returns>The files, in the folder.</returns>
    /// <exception cref="IOException">The folder isn't empty, or nothing can be written there.</exception>
    /// <exception cref="InvalidModelFileException">The model is none, or is damaged.</exception>
    public static IReadOnlyList<string> Write(ProjectTemplate template, string name, string model, string folder, CancellationToken cancellationToken)
    {
        using (ModelFile.Load(model, new ImageClassifierOptions()))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        string full = Path.GetFullPath(folder);
        string parent = Path.GetDirectoryName(full) ?? throw new IOException($"'{folder}' can't be a project's folder; name another one.");
        Directory.CreateDirectory(parent);
        string temporary = Path.Combine(parent, AtomicFile.TemporaryName());
        try
        {
            List<string> files = [.. template.Files().Select(file => WriteText(template, name, temporary, file.Path, file.Content))];
            files.Add(Copy(model, temporary, "model.zip"));
            foreach (string library in ProjectFile.Assemblies.SelectMany(assembly => (string[])[$"{assembly}.dll", $"{assembly}.xml"]))
            {
                files.Add(Copy(Path.Combine(AppContext.BaseDirectory, library), temporary, Path.Combine(ProjectFile.LibraryFolder, library)));
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (Directory.Exists(full))
            {
                // Fails where something appeared in it meanwhile.
                Directory.Delete(full);
            }

            Directory.Move(temporary, full);
            return files;
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }
    }

    private static string WriteText(ProjectTemplate template, string name, string folder, string path, string content)
    {
        string own = path.Replace(template.Sample, name, StringComparison.Ordinal);
        string text = Path.GetExtension(path) == ".csproj"
            ? ProjectFile.StandAlone(content)
            : content;
        string file = Path.Combine(folder, own);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text.Replace(template.Sample, name, StringComparison.Ordinal), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return own;
    }

    private static string Copy(string file, string folder, string path)
    {
        string target = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(file, target);
        return path;
    }
}
