using System.ComponentModel.DataAnnotations;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Models;

namespace VggTransfer.Classification;

/// <summary>How a head is trained on a folder of images.</summary>
public sealed record ImageClassifierTrainerOptions : FolderFeatureSettings
{
    /// <summary>The share of each class that is kept for validation, unless another one is given.</summary>
    public const double DefaultValidationFraction = 0.2;

    /// <summary>
    /// The arithmetic of the network, in training and in the saved model. Null takes 8-bit integers where, on a sample of the
    /// training images, the features come near enough to those in 4-byte floating point: each layer's cosine similarity
    /// 0.998 on average and 0.99 in the worst image. The ranges are the backbone's own, or measured on the training images.
    /// </summary>
    public OnnxPrecision? Precision { get; init; }

    /// <summary>Strength of the head's L2 penalty, 0 or more (scikit-learn's 1/C); null lets cross-validation choose.</summary>
    [Range(0, double.MaxValue)]
    public double? L2Regularization { get; init; }

    /// <summary>The share of each class that is kept for validation, above 0 and below 1; unused with <see cref="Validation"/>.</summary>
    [Range(0d, 1, MinimumIsExclusive = true, MaximumIsExclusive = true)]
    public double ValidationFraction { get; init; } = DefaultValidationFraction;

    /// <summary>Images to validate on instead of a part of the training images; null to split.</summary>
    public ImageFolder? Validation { get; init; }

    /// <summary>
    /// Whether the head is fitted again on all images when it has been judged: the saved one is better, and all figures are still those of
    /// images that were held out. Images of <see cref="Validation"/> are never learnt from.
    /// </summary>
    public bool Refit { get; init; } = true;

    /// <summary>Seed of the split and of cross-validation.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether an image that can't be read ends the training; otherwise it is skipped and reported.</summary>
    public bool Strict { get; init; }

    /// <summary>
    /// How much work trying a second input size may take, in images of 224 x 224 pixels: 600 are about a minute on two
    /// processors. 0 or more; 0 never tries one.
    /// </summary>
    [Range(0, int.MaxValue)]
    public int InputSizeTrialImages { get; init; } = InputSizeRule.TrialImages;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        OptionRange.Check(this);
        FeatureCache?.Validate();
    }
}
