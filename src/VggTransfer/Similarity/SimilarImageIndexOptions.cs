using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.Similarity;

/// <summary>Which features an index holds, and how they are made.</summary>
public sealed record SimilarImageIndexOptions
{
    /// <summary>The frozen network; by default the embedded VGG16 convolutions.</summary>
    public IBackbone? Backbone { get; init; }

    /// <summary>What to take as features; by default fc7, or the average of block 5 where the network has no dense part.</summary>
    public FeatureLayer? Layer { get; init; }

    /// <summary>Side of the network's input in pixels, 32 to 4096; by default the network's own.</summary>
    public int? InputSize { get; init; }

    /// <summary>Whether photos are turned upright by their EXIF data.</summary>
    public ImageOrientation Orientation { get; init; } = ImageOrientation.Upright;

    /// <summary>Where features are kept that other work may need, too; null to keep none but those of the index.</summary>
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
        if (InputSize is < 32 or > 4096)
        {
            throw new ArgumentOutOfRangeException(nameof(InputSize), InputSize, $"InputSize is {InputSize}, and must be 32 to 4096 pixels.");
        }
    }
}
