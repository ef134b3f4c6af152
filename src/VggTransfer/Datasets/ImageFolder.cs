using VggTransfer.Images;

namespace VggTransfer.Datasets;

/// <summary>
/// A folder of images with one subfolder for each class: <c>photos/cat/*.jpg</c>, <c>photos/dog/*.jpg</c>. Images may
/// lie deeper inside a class's folder. Classes and images are in ordinal order of their names.
/// </summary>
public sealed class ImageFolder
{
    /// <summary>Headers read to learn how large the images are.</summary>
    private const int MeasuredHeaders = 200;

    private ImageFolder(string path, IReadOnlyList<string> classes, IReadOnlyList<LabeledImage> images, int ignoredFiles, IReadOnlyList<string> emptyClasses)
    {
        Path = path;
        Classes = classes;
        Images = images;
        IgnoredFiles = ignoredFiles;
        EmptyClasses = emptyClasses;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The names of the classes that have images.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The images, class by class. Whether they can be decoded shows only when they are.</summary>
    public IReadOnlyList<LabeledImage> Images { get; }

    /// <summary>How many files aren't images by their name (or are hidden), and were left out.</summary>
    public int IgnoredFiles { get; }

    /// <summary>Subfolders without a single image of their own, which are left out.</summary>
    public IReadOnlyList<string> EmptyClasses { get; }

    /// <summary>Lists a folder of classes. Reads no image.</summary>
    /// <exception cref="InvalidImageFolderException">
    /// There is no such folder, it has no images or no subfolders, or two classes differ only in upper and lower case.
    /// </exception>
    public static ImageFolder Open(string path, CancellationToken cancellationToken = default)
    {
        CheckExists(path);
        var finder = new ImageFileFinder(cancellationToken);
        var images = new List<LabeledImage>();
        var classes = new List<string>();
        var empty = new List<string>();
        finder.Claim(path);

        // All before the first is searched: an image belongs to its own class, whatever links to it from another.
        (string Folder, bool IsOwn)[] folders = [.. ImageFileFinder.List(path, Directory.EnumerateDirectories)
            .Where(folder => !ImageFileFinder.IsHidden(folder))
            .Select(folder => (folder, finder.Claim(folder)))];
        foreach ((string folder, bool isOwn) in folders)
        {
            string label = System.IO.Path.GetFileName(folder);
            List<string> files = isOwn ? finder.FindBelow(folder) : [];
            if (files.Count == 0)
            {
                empty.Add(label);
                continue;
            }

            classes.Add(label);
            images.AddRange(files.Select(file => new LabeledImage(file, label)));
        }

        if (images.Count == 0)
        {
            bool flat = ImageFileFinder.List(path, Directory.EnumerateFiles).Any(ImageFileFinder.HasImageExtension);
            throw new InvalidImageFolderException(path, flat
                ? "its images lie directly in it; put them into one subfolder for each class, named like the class"
                : "there are no images in it; it needs one subfolder of images for each class");
        }

        RefuseClassesThatDifferInCase(path, classes);
        return new ImageFolder(path, classes, images, finder.IgnoredFiles, empty);
    }

    /// <summary>Lists the images anywhere below a folder, classes or not, in ordinal order of their paths.</summary>
    /// <exception cref="InvalidImageFolderException">There is no such folder, or no image in it.</exception>
    public static IReadOnlyList<string> ListImages(string path, CancellationToken cancellationToken = default)
    {
        CheckExists(path);
        var finder = new ImageFileFinder(cancellationToken);
        finder.Claim(path);
        List<string> files = finder.FindBelow(path);
        return files.Count > 0 ? files : throw new InvalidImageFolderException(path, "there are no images in it");
    }

    /// <summary>The shorter side, in pixels, that is in the middle of those of the images; null if none can be read.</summary>
    /// <param name="paths">The images, of which 200 are looked at.</param>
    /// <param name="decoding">Orientation and limits; null for the usual ones.</param>
    public static int? MedianSide(IReadOnlyList<string> paths, ImageDecodeOptions? decoding = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var sides = new List<int>();
        int measured = Math.Min(MeasuredHeaders, paths.Count);
        for (int i = 0; i < measured; i++)
        {
            // Evenly over all classes: the paths are in order.
            string path = paths[(int)((long)i * paths.Count / measured)];
            try
            {
                ImageHeader header = ImageDecoder.ReadHeader(path, decoding ?? ImageDecodeOptions.Default);
                sides.Add(Math.Min(header.Width, header.Height));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Unreadable files are reported when their features are asked for.
                continue;
            }
        }

        sides.Sort();
        return sides.Count == 0 ? null : sides[sides.Count / 2];
    }

    /// <summary>Lists a folder of classes or, where no subfolder holds images, one whose images lie directly in it and belong to no class: its one label is empty.</summary>
    /// <exception cref="InvalidImageFolderException">As <see cref="Open"/>, but for a folder without subfolders.</exception>
    public static ImageFolder OpenLabeledOrFlat(string path, CancellationToken cancellationToken = default)
    {
        CheckExists(path);
        bool hasClasses = ImageFileFinder.List(path, Directory.EnumerateDirectories).Any(folder => !ImageFileFinder.IsHidden(folder) && new ImageFileFinder(cancellationToken).FindBelow(folder).Count > 0);
        return hasClasses || !ImageFileFinder.List(path, Directory.EnumerateFiles).Any(ImageFileFinder.HasImageExtension)
            ? Open(path, cancellationToken)
            : Of(path, [""], [.. ListImages(path, cancellationToken).Select(file => new LabeledImage(file, ""))]);
    }

    /// <summary>Images that were listed elsewhere, such as in a table.</summary>
    /// <param name="name">What messages call it in place of a path.</param>
    /// <param name="classes">The names of the classes, in the order of their indices.</param>
    /// <param name="images">The images, each of one of the classes.</param>
    public static ImageFolder Of(string name, IReadOnlyList<string> classes, IReadOnlyList<LabeledImage> images) => new(name, classes, images, ignoredFiles: 0, emptyClasses: []);

    private static void CheckExists(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new InvalidImageFolderException(path, File.Exists(path) ? "it is a file; name the folder that holds the images" : "there is no such folder");
        }
    }

    private static void RefuseClassesThatDifferInCase(string path, List<string> classes)
    {
        string[]? twins = classes.GroupBy(label => label, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1)?.ToArray();
        if (twins is not null)
        {
            throw new InvalidImageFolderException(path, $"the classes {string.Join(" and ", twins.Select(twin => $"'{twin}'"))} differ only in upper and lower case; merge or rename their folders");
        }
    }
}
