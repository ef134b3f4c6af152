using VggTransfer.Datasets;
using VggTransfer.Images;

namespace VggTransfer.Keras.Data;

/// <content>Folders of images, as keras.utils and keras.preprocessing read them.</content>
public abstract partial class Dataset
{
    /// <summary>
    /// Images of a folder with one subfolder for each class, with the defaults and the order of
    /// keras.utils.image_dataset_from_directory (bmp, gif, jpeg, jpg and png). Decoding is parallel and runs ahead on
    /// another thread. Values are 0 to 255 in 4-byte floating point.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <param name="labels">A class index for each file in the order of their paths, whatever the subfolders; null to take the subfolders' classes.</param>
    /// <param name="labelMode"><c>int</c> (n), <c>categorical</c> (n, classes), <c>binary</c> (n, 1), or null for no targets, and then subfolders are no classes.</param>
    /// <param name="classNames">The subfolders' names in the order that the classes shall have; null for that of their names.</param>
    /// <param name="colorMode"><c>rgb</c> or <c>grayscale</c> (the luma of ITU-R BT.601).</param>
    /// <param name="batchSize">Images in a batch, 1 or more.</param>
    /// <param name="imageSize">What images are resized to, in pixels; (256, 256) if left out.</param>
    /// <param name="shuffle">Whether the files are mixed once, and in each pass anew in a buffer of 8 batches.</param>
    /// <param name="seed">Of the mixing, 0 or more; null for another one each time. The first mixing is NumPy's.</param>
    /// <param name="validationSplit">The share of files at the end of the list that is for validation, above 0 and below 1.</param>
    /// <param name="subset">With a split: <c>training</c> or <c>validation</c>; for both, see <see cref="ImageDatasetsFromDirectory"/>.</param>
    /// <param name="interpolation">Only <c>bilinear</c>, TensorFlow's, without antialiasing.</param>
    /// <param name="followLinks">Whether links to folders within a class are entered.</param>
    /// <param name="cropToAspectRatio">Whether the middle is cut out instead of distorting.</param>
    /// <param name="output">Where the counts of files are printed; null for standard output.</param>
    /// <exception cref="InvalidImageFolderException">There is no such folder, or no image in it.</exception>
    /// <exception cref="ArgumentException">Arguments don't go together; the message says which.</exception>
    public static ImageDirectoryDataset ImageDatasetFromDirectory(
        string directory,
        IReadOnlyList<int>? labels = null,
        string? labelMode = "int",
        IReadOnlyList<string>? classNames = null,
        string colorMode = "rgb",
        int batchSize = 32,
        (int Height, int Width)? imageSize = null,
        bool shuffle = true,
        int? seed = null,
        double? validationSplit = null,
        string? subset = null,
        string interpolation = "bilinear",
        bool followLinks = false,
        bool cropToAspectRatio = false,
        TextWriter? output = null)
    {
        if ((validationSplit is null) != (subset is null))
        {
            throw new ArgumentException("A validation split and a subset belong together; give both or neither.", nameof(subset));
        }

        if (subset is not (null or "training" or "validation"))
        {
            throw new ArgumentException($"The subset is 'training' or 'validation', and '{subset}' was asked for.", nameof(subset));
        }

        var reading = new DirectoryReading(directory, labelMode, colorMode, batchSize, imageSize ?? (256, 256), shuffle, seed, interpolation, cropToAspectRatio, output ?? Console.Out);
        ImageDirectoryIndex index = reading.List(labels, classNames, validationSplit, followLinks);
        return validationSplit is { } split
            ? reading.Create(subset == "training" ? reading.Training(index, split) : reading.Validation(index, split), shuffle)
            : reading.Create(index, shuffle);
    }

    /// <summary>
    /// Both parts of a folder at once, as image_dataset_from_directory with <c>subset="both"</c> gives them; the one for
    /// validation isn't mixed in each pass.
    /// </summary>
    /// <inheritdoc cref="ImageDatasetFromDirectory"/>
    public static (ImageDirectoryDataset Training, ImageDirectoryDataset Validation) ImageDatasetsFromDirectory(
        string directory,
        double validationSplit,
        IReadOnlyList<int>? labels = null,
        string? labelMode = "int",
        IReadOnlyList<string>? classNames = null,
        string colorMode = "rgb",
        int batchSize = 32,
        (int Height, int Width)? imageSize = null,
        bool shuffle = true,
        int? seed = null,
        string interpolation = "bilinear",
        bool followLinks = false,
        bool cropToAspectRatio = false,
        TextWriter? output = null)
    {
        var reading = new DirectoryReading(directory, labelMode, colorMode, batchSize, imageSize ?? (256, 256), shuffle, seed, interpolation, cropToAspectRatio, output ?? Console.Out);
        ImageDirectoryIndex index = reading.List(labels, classNames, validationSplit, followLinks);
        ImageDirectoryIndex training = reading.Training(index, validationSplit);
        return (reading.Create(training, shuffle), reading.Create(reading.Validation(index, validationSplit), shuffle: false));
    }

    /// <summary>
    /// Images of a folder with one subfolder for each class, found as keras.preprocessing.image's flow_from_directory finds
    /// them, decoded and resized (nearest pixel) as Pillow does. Values are 0 to 255 in 4-byte floating point. The order
    /// within a pass is mixed by our own numbers.
    /// </summary>
    /// <param name="directory">The folder.</param>
    /// <param name="targetSize">What images are resized to, in pixels; (256, 256) if left out.</param>
    /// <param name="classes">The subfolders to use, in the order of their indices; null for all.</param>
    /// <param name="classMode"><c>categorical</c> (n, classes), <c>sparse</c> (n), <c>binary</c> (n, 1), or null for no targets.</param>
    /// <param name="batchSize">Images in a batch, 1 or more.</param>
    /// <param name="shuffle">Whether all images are mixed anew in each pass.</param>
    /// <param name="seed">Of the mixing; null for another one each time.</param>
    /// <param name="validationSplit">The share of files at the beginning of each class that is for validation, 0 or more and below 1.</param>
    /// <param name="subset">With a split: <c>training</c> or <c>validation</c>; null for all files.</param>
    /// <param name="followLinks">Whether links to folders within a class are entered.</param>
    /// <param name="output">Where the count of files is printed; null for standard output.</param>
    /// <exception cref="InvalidImageFolderException">There is no such folder, or no image in it.</exception>
    /// <exception cref="ArgumentException">Arguments don't go together; the message says which.</exception>
    public static ImageDirectoryDataset FlowFromDirectory(
        string directory,
        (int Height, int Width)? targetSize = null,
        IReadOnlyList<string>? classes = null,
        string? classMode = "categorical",
        int batchSize = 32,
        bool shuffle = true,
        int? seed = null,
        double validationSplit = 0,
        string? subset = null,
        bool followLinks = false,
        TextWriter? output = null)
    {
        if (validationSplit is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(validationSplit), validationSplit, "A validation split must be 0 or more, and below 1.");
        }

        (double from, double to) = subset switch
        {
            null => (0.0, 1.0),
            "training" => (validationSplit, 1.0),
            "validation" => (0.0, validationSplit),
            _ => throw new ArgumentException($"The subset is 'training' or 'validation', and '{subset}' was asked for.", nameof(subset)),
        };
        ImageDirectoryIndex index = ImageDirectoryIndex.OfFlow(directory, classes, followLinks, from, to);
        (output ?? Console.Out).WriteLine($"Found {index.Files.Count} images belonging to {index.ClassNames.Count} classes.");
        if (index.Files.Count == 0)
        {
            throw new InvalidImageFolderException(directory, "there are no images in it; it needs one subfolder of images for each class");
        }

        (int height, int width) = targetSize ?? (256, 256);
        var files = new ImageFiles(
            [.. index.Files.Select(file => Path.Combine(directory, file))],
            TargetEncoding.Of(index.Labels, classMode, index.ClassNames.Count),
            (height, width, 3),
            ImageOrientation.AsStored,
            image => Array.ConvertAll(image.Resize(width, height, ResizeFilter.Nearest).Pixels.ToArray(), value => (float)value));
        SampleDataset samples = SampleDataset.Of(files);
        samples = shuffle ? samples.Shuffle(index.Files.Count, seed ?? DirectoryReading.AnySeed()) : samples;
        return new ImageDirectoryDataset(samples.Batch(batchSize).Prefetch(), index, directory);
    }
}
