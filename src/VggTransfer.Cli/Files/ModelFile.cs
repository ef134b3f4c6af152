using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>A model named on the command line.</summary>
internal static class ModelFile
{
    /// <summary>What model files are called: ML.NET's usual extension, and Model Builder's.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".zip", ".mlnet"];

    /// <summary>Whether a path is called like a model file.</summary>
    public static bool IsNamedSo(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <exception cref="IOException">It isn't there, or is no model; the message is a whole sentence.</exception>
    public static ImageClassifier Load(string path, ImageClassifierOptions options)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                Directory.Exists(path) ? $"'{path}' is a folder; name a model file that 'vggtransfer train' made." : $"There is no model file '{path}'; make one with 'vggtransfer train'.", path);
        }

        return ImageClassifier.Load(path, options);
    }
}
