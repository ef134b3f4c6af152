using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.Classification;

/// <summary>How a head is trained on a folder of images.</summary>
public sealed record ImageClassifierTrainerOptions
{
    /// <summary>The frozen network; by default the embedded VGG16 convolutions. It must not be disposed before the result is.</summary>
    public IBackbone? Backbone { get; init; }

    /// <summary>
    /// What the head works on; null lets it be chosen: fc7 where the network has a dense part, otherwise the set of pooled
    /// maps that does best in cross-validation on the training images.
    /// </summary>
    public FeatureLayer? Layer { get; init; }

    /// <summary>
    /// Side of the network's input in pixels, 32 to 4096; null lets it follow from the size of the images and, where time
    /// allows, from cross-validation. Networks with a dense part have one size only.
    /// </summary>
    public int? InputSize { get; init; }

    /// <summary>
    /// The arithmetic of the network, in training and in the saved model. Null takes 8-bit integers where, on a sample of the
    /// training images, the features come near enough to those in 4-byte floating point: each layer's cosine similarity
    /// 0.998 on average and 0.99 in the worst image. The ranges are the backbone's own, or measured on the training images.
    /// </summary>
    public OnnxPrecision? Precision { get; init; }

    /// <summary>Strength of the head's L2 penalty, 0 or more (scikit-learn's 1/C); null lets cross-validation choose.</summary>
    public double? L2Regularization { get; init; }

    /// <summary>The share of each class that is kept for validation, above 0 and below 1; unused with <see cref="Validation"/>.</summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>Images to validate on instead of a part of the training images; null to split.</summary>
    public ImageFolder? Validation { get; init; }

    /// <summary>Seed of the split and of cross-validation.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether an image that can't be read ends the training; otherwise it is skipped and reported.</summary>
    public bool Strict { get; init; }

    /// <summary>Whether photos are turned upright by their EXIF data.</summary>
    public ImageOrientation Orientation { get; init; } = ImageOrientation.Upright;

    /// <summary>
    /// How much work trying a second input size may take, in images of 224 x 224 pixels: 600 are about a minute on two
    /// processors. 0 never tries one.
    /// </summary>
    public int InputSizeTrialImages { get; init; } = InputSizeRule.TrialImages;

    /// <summary>Where features are kept, so that a later training computes only those of new images; null to keep none.</summary>
    public FeatureCacheOptions? FeatureCache { get; init; }

    /// <summary>Images in a batch, 1 to 256.</summary>
    public int BatchSize { get; init; } = FeatureExtractorOptions.DefaultBatchSize;

    /// <summary>Threads for decoding, inference and cross-validation, 1 to 1024; by default one for each processor.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 1024);

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        FeatureExtractorOptions.Validate(BatchSize, Threads);
        FeatureCache?.Validate();
        if (L2Regularization is < 0 or double.NaN or double.PositiveInfinity)
        {
            throw new ArgumentOutOfRangeException(nameof(L2Regularization), L2Regularization, "L2Regularization must be 0 or more.");
        }

        if (Validation is null && ValidationFraction is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(ValidationFraction), ValidationFraction, "ValidationFraction must be above 0 and below 1.");
        }

        if (Precision is { } precision && !Enum.IsDefined(precision))
        {
            throw new ArgumentOutOfRangeException(nameof(Precision), Precision, "Precision must be Float32, Int8 or null.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(InputSizeTrialImages);
        if (InputSize is < 32 or > 4096)
        {
            throw new ArgumentOutOfRangeException(nameof(InputSize), InputSize, "InputSize must be 32 to 4096 pixels.");
        }
    }
}
