using VggTransfer.Augmentation;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Keras.Data;

namespace VggTransfer.Cli;

/// <summary>The images of a training, decoded once.</summary>
internal sealed class FitData
{
    /// <summary>How photos are turned, in training and in prediction.</summary>
    public const ImageOrientation Orientation = ImageOrientation.Upright;

    private readonly PreparedImages _training;
    private readonly PreparedImages _validation;

    private FitData(IReadOnlyList<string> classes, PreparedImages training, PreparedImages validation, IReadOnlyList<SkippedImage> skipped)
    {
        Classes = classes;
        _training = training;
        _validation = validation;
        Skipped = skipped;
    }

    public IReadOnlyList<string> Classes { get; }

    public int TrainingImages => _training.Count;

    public int ValidationImages => _validation.Count;

    public IReadOnlyList<SkippedImage> Skipped { get; }

    public FitDataIdentity Identity => new(
        Classes, TrainingImages, ValidationImages, Convert.ToHexStringLower(ImageListDigest.Of(_training.Images, _validation.Images)));

    /// <summary>The class index of each validation image.</summary>
    public IReadOnlyList<int> ValidationTruth => [.. _validation.Images.Select(image => Classes.Index().First(pair => pair.Item == image.Label).Index)];

    /// <summary>32, 64 or 128: what suits images, and can be trained from nothing.</summary>
    public static int InputSizeFor(ImageFolder folder) => ImageFolder.MedianSide([.. folder.Images.Select(image => image.Path)]) switch
    {
        null or > 96 => 128,
        > 48 => 64,
        _ => 32,
    };

    /// <param name="folder">The images.</param>
    /// <param name="split">Those to train on, and those to validate on.</param>
    /// <param name="inputSize">Side of the network's input in pixels.</param>
    /// <param name="strict">Whether an image that can't be read ends it all.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="InvalidImageFolderException">A part has no images that can be read.</exception>
    /// <exception cref="IOException">An image can't be read, and that shall end it all.</exception>
    public static FitData Load(ImageFolder folder, StratifiedSplit split, int inputSize, bool strict, IWorkProgress progress, CancellationToken cancellationToken)
    {
        int total = split.Training.Count + split.Validation.Count;
        int before = 0;

        // Pixels may take a quarter of the memory; beyond that, images are decoded in each epoch.
        long memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;
        (PreparedImages training, IReadOnlyList<SkippedImage> skipped) = Prepare(split.Training);
        before = split.Training.Count;
        (PreparedImages validation, IReadOnlyList<SkippedImage> more) = Prepare(split.Validation);
        if (strict && skipped.Concat(more).FirstOrDefault() is { } bad)
        {
            throw new IOException(bad.Reason);
        }

        string[] learned = [.. training.Images.Select(image => image.Label).Distinct()];
        if (learned.Length < 2 || validation.Count == 0)
        {
            throw new InvalidImageFolderException(folder.Path, learned.Length < 2
                ? "a classifier needs images of at least two classes that can be read, each class in a subfolder of its own"
                : "there is nothing to validate on; add images, or name a folder with --validation");
        }

        return new FitData(folder.Classes, training, validation, [.. skipped, .. more]);

        (PreparedImages, IReadOnlyList<SkippedImage>) Prepare(IReadOnlyList<LabeledImage> images) => PreparedImages.Prepare(
            images, folder.Classes, inputSize, Orientation, memory, done => progress.Report("Decoding images", before + done, total, "images"), cancellationToken);
    }

    /// <summary>The batches to train on.</summary>
    public Dataset Training(FitSettings settings, int inputSize)
    {
        SampleDataset samples = SampleDataset.Of(_training).Shuffle(Math.Max(1, _training.Count), settings.Seed);

        // Epochs of a given number of steps read on in one stream.
        Dataset batches = (settings.StepsPerEpoch is null ? samples : samples.Repeat()).Batch(settings.BatchSize);
        return settings.Augment == AugmentKind.None ? batches : batches.Augment(
            new ImageAugmentation
            {
                HorizontalFlip = true,
                CropPadding = settings.Augment == AugmentKind.CropFlip ? inputSize / 8 : 0,
            },
            settings.Seed);
    }

    /// <summary>The batches to validate on.</summary>
    public Dataset Validation(int batchSize) => SampleDataset.Of(_validation).Batch(batchSize);
}
