using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.DataQuality;

/// <summary>What a check of a folder of images looks for.</summary>
public sealed record ImageFolderCheckOptions
{
    /// <summary>Images to validate on, compared with the others; null if there are none.</summary>
    public ImageFolder? Validation { get; init; }

    /// <summary>
    /// Whether images go through the network, to find wrong labels and outliers. Without it a check takes as long as decoding the
    /// images, and finds duplicates, broken and odd files.
    /// </summary>
    public bool UseNetwork { get; init; } = true;

    /// <summary>The frozen network; by default the embedded VGG16 convolutions.</summary>
    public IBackbone? Backbone { get; init; }

    /// <summary>The features that tell labels; null lets cross-validation choose, as a training does.</summary>
    public FeatureLayer? Layer { get; init; }

    /// <summary>Side of the network's input in pixels, 32 to 4096; null lets it follow from the size of the images.</summary>
    public int? InputSize { get; init; }

    /// <summary>
    /// The network's arithmetic; null chooses as a training does (<see cref="Classification.ImageClassifierTrainerOptions.Precision"/>),
    /// so that both share kept features.
    /// </summary>
    public OnnxPrecision? Precision { get; init; }

    /// <summary>Pictures whose shorter side has fewer pixels are tiny; 1 to 4096. By default 32, the least that a VGG takes.</summary>
    public int SmallestSide { get; init; } = 32;

    /// <summary>Pictures whose longer side has more than so many times the shorter one's pixels are odd; 1 or more. By default 3: a square from the middle shows a third.</summary>
    public double LargestAspect { get; init; } = 3;

    /// <summary>
    /// A label is suspected where its probability, by a head that hasn't seen the image, is at most this share of what labels of its
    /// class get on average; 0 to 1. Higher finds more wrong labels, and suspects more right ones.
    /// </summary>
    public double LabelSupport { get; init; } = 0.03;

    /// <summary>How many times the usual distance to its neighbours makes an outlier, above 1.</summary>
    public double OutlierDistance { get; init; } = 1.4;

    /// <summary>Seed of cross-validation.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether photos are turned upright by their EXIF data.</summary>
    public ImageOrientation Orientation { get; init; } = ImageOrientation.Upright;

    /// <summary>Where features are kept, so that a later check or training computes only those of new images; null to keep none.</summary>
    public FeatureCacheOptions? FeatureCache { get; init; }

    /// <summary>Images in a batch, 1 to 256.</summary>
    public int BatchSize { get; init; } = FeatureExtractorOptions.DefaultBatchSize;

    /// <summary>Threads, 1 to 1024; by default one for each processor.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 1024);

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        FeatureExtractorOptions.Validate(BatchSize, Threads);
        FeatureCache?.Validate();
        Require(InputSize is null or (>= 32 and <= 4096), nameof(InputSize), InputSize, "32 to 4096 pixels");
        Require(Precision is not { } precision || Enum.IsDefined(precision), nameof(Precision), Precision, "Float32, Int8 or null");
        Require(SmallestSide is >= 1 and <= 4096, nameof(SmallestSide), SmallestSide, "1 to 4096 pixels");
        Require(LargestAspect >= 1 && double.IsFinite(LargestAspect), nameof(LargestAspect), LargestAspect, "1 or more");
        Require(LabelSupport is >= 0 and <= 1, nameof(LabelSupport), LabelSupport, "0 to 1");
        Require(OutlierDistance > 1 && double.IsFinite(OutlierDistance), nameof(OutlierDistance), OutlierDistance, "above 1");
    }

    private static void Require(bool isInRange, string property, object? value, string range)
    {
        if (!isInRange)
        {
            throw new ArgumentOutOfRangeException(property, value, $"{property} is {value}, and must be {range}.");
        }
    }
}
