using VggTransfer.Datasets;

namespace VggTransfer.Keras.Data;

/// <summary>
/// Which files of a folder Keras takes for images, in which order and of which classes. Names compare as Python compares
/// them, and folders by their whole paths.
/// </summary>
/// <param name="ClassNames">The classes in the order of their indices.</param>
/// <param name="Files">Paths below the folder, divided by slashes.</param>
/// <param name="Labels">The class index of each file.</param>
internal sealed record ImageDirectoryIndex(IReadOnlyList<string> ClassNames, IReadOnlyList<string> Files, IReadOnlyList<int> Labels)
{
    // keras/utils/image_dataset.py and keras/preprocessing/image.py; the latter has them without a dot.
    private static readonly string[] s_datasetFormats = [".bmp", ".gif", ".jpeg", ".jpg", ".png"];
    private static readonly string[] s_flowFormats = ["png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff"];

    /// <summary>As image_dataset_from_directory lists it, unshuffled: subfolders are classes, hidden ones aren't.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="classNames">The classes in another order; null for that of their names.</param>
    /// <param name="followLinks">Whether links to folders within a class are entered.</param>
    /// <exception cref="InvalidImageFolderException">There is no such folder, or it can't be listed.</exception>
    /// <exception cref="ArgumentException">The names aren't those of the subfolders.</exception>
    public static ImageDirectoryIndex OfClasses(string directory, IReadOnlyList<string>? classNames, bool followLinks)
    {
        string[] folders = [.. Subfolders(directory).Where(name => !name.StartsWith('.'))];
        if (classNames is { Count: > 0 } && !classNames.ToHashSet(StringComparer.Ordinal).SetEquals(folders))
        {
            throw new ArgumentException(
                $"The class names must be those of the subfolders. There are {string.Join(", ", folders)}, and {string.Join(", ", classNames)} were given.", nameof(classNames));
        }

        IReadOnlyList<string> names = classNames is { Count: > 0 } ? classNames : folders;
        return List(directory, folders, names, s_datasetFormats, followLinks, files => files);
    }

    /// <summary>As image_dataset_from_directory lists a folder whose subfolders don't count as classes.</summary>
    /// <exception cref="InvalidImageFolderException">There is no such folder, or it can't be listed.</exception>
    public static ImageDirectoryIndex WithoutClasses(string directory, bool followLinks) =>
        List(directory, [""], [""], s_datasetFormats, followLinks, files => files);

    /// <summary>As flow_from_directory lists it: hidden subfolders are classes, too, and the parts are taken from each class.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="classNames">The subfolders to use, in the order of their indices; null for all.</param>
    /// <param name="followLinks">Whether links to folders within a class are entered.</param>
    /// <param name="from">Where the part of each class begins, as a share of its files.</param>
    /// <param name="to">Where it ends.</param>
    /// <exception cref="InvalidImageFolderException">There is no such folder, or it can't be listed.</exception>
    public static ImageDirectoryIndex OfFlow(string directory, IReadOnlyList<string>? classNames, bool followLinks, double from, double to)
    {
        IReadOnlyList<string> names = classNames is { Count: > 0 } ? classNames : Subfolders(directory);
        return List(directory, names, names, s_flowFormats, followLinks, files =>
        {
            int first = (int)(from * files.Count);
            return files.GetRange(first, (int)(to * files.Count) - first);
        });
    }

    /// <summary>The same files, mixed as NumPy's RandomState of a seed mixes them.</summary>
    public ImageDirectoryIndex Shuffle(uint seed)
    {
        string[] files = [.. Files];
        int[] labels = [.. Labels];
        new NumPyRandom(seed).Shuffle(files);
        new NumPyRandom(seed).Shuffle(labels);
        return this with { Files = files, Labels = labels };
    }

    /// <summary>Files in a row.</summary>
    public ImageDirectoryIndex Part(int start, int count) =>
        this with { Files = [.. Files.Skip(start).Take(count)], Labels = [.. Labels.Skip(start).Take(count)] };

    private static ImageDirectoryIndex List(
        string directory, IReadOnlyList<string> folders, IReadOnlyList<string> classNames, string[] formats, bool followLinks, Func<List<string>, List<string>> choose)
    {
        var indices = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < classNames.Count; i++)
        {
            indices[classNames[i]] = i;
        }

        var files = new List<string>();
        var labels = new List<int>();
        foreach (string folder in folders)
        {
            List<string> found = choose(FilesBelow(directory, folder, formats, followLinks));
            files.AddRange(found);
            labels.AddRange(Enumerable.Repeat(indices[folder], found.Count));
        }

        return new ImageDirectoryIndex(classNames, files, labels);
    }

    private static List<string> FilesBelow(string directory, string folder, string[] formats, bool followLinks)
    {
        var folders = new List<string>();
        if (folder.Length == 0 || Directory.Exists(Path.Combine(directory, folder)))
        {
            Walk(directory, folder, followLinks, [], folders);
        }

        folders.Sort(CodePointComparer.Instance);
        return [.. folders.SelectMany(path => Names(directory, path, Directory.EnumerateFiles)
            .Where(name => formats.Any(format => name.EndsWith(format, StringComparison.OrdinalIgnoreCase)))
            .Select(name => Join(path, name)))];
    }

    private static void Walk(string directory, string folder, bool followLinks, HashSet<string> above, List<string> folders)
    {
        folders.Add(folder);
        foreach (string name in Names(directory, folder, Directory.EnumerateDirectories))
        {
            string child = Join(folder, name);
            FileSystemInfo? target = new DirectoryInfo(Path.Combine(directory, child)).ResolveLinkTarget(returnFinalTarget: true);
            if (target is null)
            {
                Walk(directory, child, followLinks, above, folders);
            }
            else if (followLinks && above.Add(target.FullName))
            {
                // A link that leads to a folder around it would otherwise never end.
                Walk(directory, child, followLinks, above, folders);
                above.Remove(target.FullName);
            }
        }
    }

    private static List<string> Subfolders(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new InvalidImageFolderException(directory, File.Exists(directory) ? "it is a file; name the folder that holds the images" : "there is no such folder");
        }

        return Names(directory, "", Directory.EnumerateDirectories);
    }

    private static List<string> Names(string directory, string folder, Func<string, IEnumerable<string>> enumerate)
    {
        List<string> names = [.. ImageFileFinder.List(Path.Combine(directory, folder), enumerate).Select(path => Path.GetFileName(path))];
        names.Sort(CodePointComparer.Instance);
        return names;
    }

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";
}
