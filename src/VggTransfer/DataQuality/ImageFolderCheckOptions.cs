using System.ComponentModel.DataAnnotations;
using VggTransfer.Backbones;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Models;

namespace VggTransfer.DataQuality;

/// <summary>What a check of a folder of images looks for.</summary>
public sealed record ImageFolderCheckOptions : FolderFeatureSettings
{
    /// <summary>Images to validate on, compared with the others; null if there are none.</summary>
    public ImageFolder? Validation { get; init; }

    /// <summary>
    /// Whether images go through the network, to find wrong labels and outliers. Without it a check takes as long as decoding the
    /// images, and finds duplicates, broken and odd files.
    /// </summary>
    public bool UseNetwork { get; init; } = true;

    /// <summary>
    /// The network's arithmetic; null chooses as a training does (<see cref="Classification.ImageClassifierTrainerOptions.Precision"/>),
    /// so that both share kept features.
    /// </summary>
    public OnnxPrecision? Precision { get; init; }

    /// <summary>Pictures whose shorter side has fewer pixels are tiny; 1 to 4096. By default 32, the least that a VGG takes.</summary>
    [Range(1, FeatureNetworkOptions.LargestInput)]
    public int SmallestSide { get; init; } = FeatureNetworkOptions.SmallestInput;

    /// <summary>Pictures whose longer side has more than so many times the shorter one's pixels are odd; 1 or more. By default 3: a square from the middle shows a third.</summary>
    [Range(1, double.MaxValue)]
    public double LargestAspect { get; init; } = 3;

    /// <summary>
    /// A label is suspected where its probability, by a head that hasn't seen the image, is at most this share of what labels of its
    /// class get on average; 0 to 1. Higher finds more wrong labels, and suspects more right ones.
    /// </summary>
    [Range(0d, 1)]
    public double LabelSupport { get; init; } = 0.03;

    /// <summary>How many times the usual distance to its neighbours makes an outlier, above 1.</summary>
    [Range(1, double.MaxValue, MinimumIsExclusive = true)]
    public double OutlierDistance { get; init; } = 1.4;

    /// <summary>Seed of cross-validation.</summary>
    public int Seed { get; init; } = 1;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        OptionRange.Check(this);
        FeatureCache?.Validate();
    }
}
