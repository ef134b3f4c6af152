using VggTransfer.Datasets;

namespace VggTransfer.Cli;

/// <summary>Images named on the command line, one by one or by their folders.</summary>
internal static class ImageArguments
{
    /// <summary>All files, in the order of the arguments; those of a folder in ordinal order of their paths.</summary>
    /// <exception cref="FileNotFoundException">A path doesn't exist.</exception>
    /// <exception cref="InvalidImageFolderException">A folder has no images.</exception>
    public static IReadOnlyList<string> Expand(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var paths = new List<string>();
        foreach (string argument in arguments)
        {
            if (Directory.Exists(argument))
            {
                paths.AddRange(ImageFolder.ListImages(argument, cancellationToken));
            }
            else if (File.Exists(argument))
            {
                paths.Add(argument);
            }
            else
            {
                throw new FileNotFoundException($"There is no file or folder '{argument}'; name images, or folders that hold some.", argument);
            }
        }

        return paths;
    }
}
