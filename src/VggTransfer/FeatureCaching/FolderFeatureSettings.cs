using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Backbones;

namespace VggTransfer.FeatureCaching;

/// <summary>Where the features of a folder's images come from: what a training, a check and an index share.</summary>
public abstract record FolderFeatureSettings : FeatureSettings
{
    private protected FolderFeatureSettings()
    {
    }

    /// <summary>The frozen network; by default the embedded VGG16 convolutions. It must not be disposed before the result is.</summary>
    public IBackbone? Backbone { get; init; }

    /// <summary>Whether photos are turned upright by their EXIF data.</summary>
    public ImageOrientation Orientation { get; init; } = ImageOrientation.Upright;

    /// <summary>Where features are kept, so that later work computes only those of new images; null to keep none.</summary>
    public FeatureCacheOptions? FeatureCache { get; init; }

    /// <summary>How pictures are decoded: the same for all, so that they share what is kept.</summary>
    internal ImageDecodeOptions Decoding => new() { Orientation = Orientation, Scale = DecodeScale.Fast };

    /// <summary>What an extractor is made with.</summary>
    internal FeatureExtractorOptions Extraction(FeatureLayer layer, int inputSize) => new()
    {
        Layer = layer,
        InputSize = inputSize,
        Decoding = Decoding,
        BatchSize = BatchSize,
        Threads = Threads,
    };
}
