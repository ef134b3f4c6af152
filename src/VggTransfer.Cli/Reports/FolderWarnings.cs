using VggTransfer.Datasets;

namespace VggTransfer.Cli;

/// <summary>What was left out of a folder before any image was read.</summary>
internal static class FolderWarnings
{
    public static IReadOnlyList<string> Of(ImageFolder folder)
    {
        var warnings = new List<string>();
        foreach (string empty in folder.EmptyClasses)
        {
            warnings.Add($"The subfolder '{empty}' of '{folder.Path}' has no images, and is left out.");
        }

        if (folder.IgnoredFiles > 0)
        {
            warnings.Add($"{(folder.IgnoredFiles == 1 ? "1 file" : $"{folder.IgnoredFiles} files")} below '{folder.Path}' left out: hidden, or no images by their names.");
        }

        return warnings;
    }
}
