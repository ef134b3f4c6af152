using VggTransfer.Datasets;

namespace VggTransfer.Classification;

/// <summary>Which of the images that can be read a classifier learns from, and which judge it.</summary>
/// <param name="Labels">The classes that have images to learn from, in the order of their indices.</param>
/// <param name="Training">Places among the readable images.</param>
/// <param name="Validation">Places among the readable images.</param>
/// <param name="Classes">The index of the class of each readable image; -1 for a class that has nothing to learn from.</param>
internal sealed record TrainingPartition(string[] Labels, int[] Training, int[] Validation, int[] Classes)
{
    /// <summary>All images, those to validate on behind those to train on.</summary>
    /// <param name="images">The images to train on, or to split.</param>
    /// <param name="classes">Their classes.</param>
    /// <param name="validation">Images to validate on; null to split.</param>
    /// <exception cref="InvalidImageFolderException">The validation images are among the others, or of other classes.</exception>
    public static IReadOnlyList<LabeledImage> Join(IReadOnlyList<LabeledImage> images, IReadOnlyList<string> classes, ImageFolder? validation)
    {
        if (validation is null)
        {
            return images;
        }

        HashSet<string> training = [.. images.Select(image => Path.GetFullPath(image.Path))];
        int shared = validation.Images.Count(image => training.Contains(Path.GetFullPath(image.Path)));
        if (shared > 0)
        {
            throw new InvalidImageFolderException(validation.Path, $"{shared} of its images are among those to train on, so it would say nothing about new ones; name another folder, or leave it out to keep a part of the images for validation");
        }

        string? unknown = validation.Classes.FirstOrDefault(label => !classes.Contains(label));
        return unknown is null
            ? [.. images, .. validation.Images]
            : throw new InvalidImageFolderException(validation.Path, $"its class '{unknown}' isn't among the classes to train ({string.Join(", ", classes.Take(20))})");
    }

    /// <summary>Divides the images that can be read.</summary>
    /// <param name="path">The folder of the images to train on, for messages.</param>
    /// <param name="classes">All classes.</param>
    /// <param name="readable">The images that can be read, of those that <see cref="Join"/> gave.</param>
    /// <param name="training">The images to train on; null to split.</param>
    /// <param name="validationPath">The folder of the images to validate on, for messages; null where they are split off.</param>
    /// <param name="validationFraction">The share of each class that is split off.</param>
    /// <param name="seed">The seed of the split.</param>
    /// <param name="warnings">Gets what a user should know, as whole sentences.</param>
    /// <exception cref="InvalidImageFolderException">There are fewer than two classes, or nothing to validate on.</exception>
    public static TrainingPartition Create(
        string path,
        IReadOnlyList<string> classes,
        IReadOnlyList<LabeledImage> readable,
        IReadOnlyCollection<LabeledImage>? training,
        string? validationPath,
        double validationFraction,
        int seed,
        List<string> warnings)
    {
        HashSet<LabeledImage> learned = [.. training ?? StratifiedSplit.Create(readable, validationFraction, seed).Training];
        int[] trainingRows = [.. Enumerable.Range(0, readable.Count).Where(i => learned.Contains(readable[i]))];
        int[] validationRows = [.. Enumerable.Range(0, readable.Count).Where(i => !learned.Contains(readable[i]))];
        ILookup<string, int> byLabel = trainingRows.ToLookup(i => readable[i].Label);
        string[] labels = [.. classes.Where(byLabel.Contains)];
        foreach (string lost in classes.Except(labels))
        {
            warnings.Add($"Class '{lost}' is left out: none of its images can be read.");
        }

        CheckClasses(path, labels);
        validationRows = [.. validationRows.Where(i => byLabel.Contains(readable[i].Label))];
        if (validationRows.Length == 0)
        {
            throw new InvalidImageFolderException(validationPath ?? path, "there is nothing to validate on; add images, or name a folder of validation images");
        }

        foreach (IGrouping<string, int> single in byLabel.Where(group => group.Count() == 1))
        {
            warnings.Add($"Class '{single.Key}' has one image to learn from; expect little of it, and add more.");
        }

        return new TrainingPartition(labels, trainingRows, validationRows, [.. readable.Select(image => Array.IndexOf(labels, image.Label))]);
    }

    /// <exception cref="InvalidImageFolderException">There are fewer than two.</exception>
    public static void CheckClasses(string path, IReadOnlyList<string> classes)
    {
        if (classes.Count < 2)
        {
            throw new InvalidImageFolderException(path, classes.Count == 0
                ? "none of its images can be read"
                : $"there is only one class with readable images, '{classes[0]}'; a classifier needs at least two, each in a subfolder of its own");
        }
    }
}
