using VggTransfer.Models;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.PretrainedModels;

/// <summary>
/// The backbones that come with the library: files in a folder <c>pretrained</c> beside the application. See the model
/// cards in <c>pretrained/README.md</c> of the source for who trained them, on what, and under which licence.
/// <see cref="Pretrained"/> knows these by name too, beside the published files that are fetched.
/// </summary>
public static class PretrainedBackbones
{
    /// <summary>
    /// Oxford's VGG16 trained on ImageNet: its 13 convolutions in half precision, without the dense part
    /// (CC BY 4.0, Karen Simonyan and Andrew Zisserman).
    /// </summary>
    public const string DefaultName = "vgg16-imagenet-conv";

    private const string FolderName = "pretrained";
    private const string Extension = ".safetensors";

    /// <summary>The backbones found, in ordinal order; empty if the folder is missing.</summary>
    public static IReadOnlyList<string> Names =>
    [
        .. Folders()
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*" + Extension))
            .Select(file => System.IO.Path.GetFileNameWithoutExtension(file))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Opens a backbone; the caller disposes it, which unmaps its file.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">The name is empty or a path.</exception>
    /// <exception cref="FileNotFoundException">The file isn't where it belongs; the message says where that is.</exception>
    /// <exception cref="InvalidModelFileException">The file is damaged.</exception>
    public static VggModel Open(string name = DefaultName) => SafetensorsModelReader.Read(Path(name));

    /// <summary>The full path of a backbone's file.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">The name is empty or a path.</exception>
    /// <exception cref="FileNotFoundException">The file isn't where it belongs; the message says where that is.</exception>
    public static string Path(string name = DefaultName)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.AsSpan().IndexOfAny('/', '\\', ':') >= 0)
        {
            throw new ArgumentException($"'{name}' is a path, and the name of a backbone is expected, such as '{DefaultName}'.", nameof(name));
        }

        string file = name + Extension;
        return Folders().Select(folder => System.IO.Path.Combine(folder, file)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException(
                $"The pretrained backbone '{name}' isn't there: copy '{file}' from the project's folder '{FolderName}' to '{System.IO.Path.Combine(Folders()[0], file)}'. Found there: {(Names is { Count: > 0 } names ? string.Join(", ", names) : "nothing")}.",
                file);
    }

    /// <summary>The application's folder and, where plug-in hosts differ, the library's own.</summary>
    private static List<string> Folders()
    {
        var folders = new List<string> { System.IO.Path.Combine(AppContext.BaseDirectory, FolderName) };

        // Empty in a single-file application, whose files lie in the base directory anyway.
        if (System.IO.Path.GetDirectoryName(AssemblyLocation()) is { Length: > 0 } own)
        {
            folders.Add(System.IO.Path.Combine(own, FolderName));
        }

        return folders;
    }

    [System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "An empty location is handled.")]
    private static string AssemblyLocation() => typeof(PretrainedBackbones).Assembly.Location;
}
