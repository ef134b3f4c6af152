using VggTransfer.Augmentation;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Keras.Data;

namespace VggTransfer.FineTuning;

/// <summary>The images of a fine-tuning, decoded and divided into those that train and those that judge.</summary>
internal sealed class FineTuningData
{
    private readonly PhotoImages _training;
    private readonly PhotoImages _validation;
    private readonly int[]? _keptClasses;

    private FineTuningData(PhotoImages training, PhotoImages validation, TrainingPartition partition, int[]? keptClasses)
    {
        _training = training;
        _validation = validation;
        _keptClasses = keptClasses;
        Labels = partition.Labels;
        TrainingClasses = [.. partition.Training.Select(i => partition.Classes[i])];
        ValidationClasses = [.. partition.Validation.Select(i => partition.Classes[i])];
    }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The class of each training image.</summary>
    public IReadOnlyList<int> TrainingClasses { get; }

    /// <summary>The class of each validation image.</summary>
    public IReadOnlyList<int> ValidationClasses { get; }

    /// <summary>The images that train.</summary>
    public required IReadOnlyList<LabeledImage> TrainingImages { get; init; }

    /// <summary>The images that judge.</summary>
    public required IReadOnlyList<LabeledImage> ValidationImages { get; init; }

    /// <summary>A hash of all images' classes, names and sizes, in their order.</summary>
    public required byte[] Digest { get; init; }

    /// <summary>The images that couldn't be read.</summary>
    public required IReadOnlyList<SkippedImage> Skipped { get; init; }

    /// <summary>Decodes and divides.</summary>
    /// <param name="images">The images.</param>
    /// <param name="options">Split, orientation, strictness.</param>
    /// <param name="largestSize">Side of the largest input that will be asked for.</param>
    /// <param name="warnings">Gets what a user should know.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="InvalidImageFolderException">There are too few classes, or nothing to validate on.</exception>
    /// <exception cref="IOException">With <see cref="FineTuningOptions.Strict"/>: an image can't be read.</exception>
    public static FineTuningData Load(
        ImageFolder images, FineTuningOptions options, int largestSize, List<string> warnings, IProgress<FineTuningProgress>? progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<LabeledImage> all = TrainingPartition.Join(images.Images, images.Classes, options.Validation);

        // Pixels may take a quarter of the memory; beyond that, images are decoded whenever they are needed.
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
        (PhotoImages photos, IReadOnlyList<SkippedImage> skipped) = PhotoImages.Load(
            all, images.Classes, largestSize, options.Orientation, memory,
            done => progress?.Report(new FineTuningProgress(FineTuningPhase.DecodingImages, done, all.Count)), cancellationToken);
        if (options.Strict && skipped.Count > 0)
        {
            throw new IOException(skipped[0].Reason);
        }

        TrainingPartition partition = TrainingPartition.Create(
            images.Path, images.Classes, photos.Images, options.Validation is null ? null : images.Images, options.Validation?.Path, options.ValidationFraction, options.Seed, warnings);
        int[] kept = [.. partition.Labels.Select(label => images.Classes.Index().First(pair => pair.Item == label).Index)];
        return new FineTuningData(photos.Subset(partition.Training), photos.Subset(partition.Validation), partition, kept.Length == images.Classes.Count ? null : kept)
        {
            Skipped = skipped,
            TrainingImages = [.. partition.Training.Select(i => photos.Images[i])],
            ValidationImages = [.. partition.Validation.Select(i => photos.Images[i])],
            Digest = ImageListDigest.Of(partition.Training.Select(i => photos.Images[i]), partition.Validation.Select(i => photos.Images[i])),
        };
    }

    /// <summary>Training batches, in another order and otherwise changed in each pass.</summary>
    public Dataset Training(PhotoAugmentation augmentation, int size, int batchSize, int seed) => Kept(_training.Training(augmentation, size, batchSize, seed));

    /// <summary>The training images as a saved classifier sees them, in their order.</summary>
    public Dataset TrainingPlain(int size, int batchSize) => Kept(_training.Plain(size, batchSize));

    /// <summary>The same, mirrored.</summary>
    public Dataset TrainingMirrored(int size, int batchSize) => Kept(_training.Mirrored(size, batchSize));

    /// <summary>The validation images as a saved classifier sees them, in their order.</summary>
    public Dataset ValidationPlain(int size, int batchSize) => Kept(_validation.Plain(size, batchSize));

    /// <summary>The same, mirrored.</summary>
    public Dataset ValidationMirrored(int size, int batchSize) => Kept(_validation.Mirrored(size, batchSize));

    /// <summary>One-hot rows for classes.</summary>
    public NDArray Targets(IReadOnlyList<int> classes) => NDArray.From([.. classes], classes.Count).ToCategorical(Labels.Count);

    /// <summary>Targets without the columns of classes of which no image could be read.</summary>
    private Dataset Kept(Dataset dataset) => _keptClasses is not { } kept ? dataset : dataset.Map((x, y) =>
    {
        float[] all = y.ToSingles();
        int width = y.Shape[1];
        return (x, NDArray.From([.. Enumerable.Range(0, y.Length).SelectMany(row => kept.Select(column => all[(row * width) + column]))], y.Length, kept.Length));
    });
}
