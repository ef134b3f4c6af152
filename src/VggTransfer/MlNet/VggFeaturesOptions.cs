using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.MlNet;

/// <summary>Options of the ML.NET transform that turns images into features of a frozen VGG.</summary>
public sealed record VggFeaturesOptions
{
    /// <summary>
    /// The network; by default the embedded VGG16 convolutions. It must not be disposed while the estimator and its
    /// transformers are in use.
    /// </summary>
    public IBackbone? Backbone { get; init; }

    /// <summary>What to take as features; by default fc7, or the average of block 5 where the network has no dense part.</summary>
    public FeatureLayer? Layer { get; init; }

    /// <summary>Side of the input in pixels, 32 to 4096; by default the architecture's. Networks with dense layers take only their own.</summary>
    public int? InputSize { get; init; }

    /// <summary>What relative image paths are relative to; by default the current folder.</summary>
    public string? ImageFolder { get; init; }

    /// <summary>
    /// Whether photos are turned upright by their EXIF data. By default they stay as stored, because ML.NET's own
    /// <c>LoadImages</c>, which a saved pipeline consists of, doesn't turn them.
    /// </summary>
    public ImageOrientation Orientation { get; init; } = ImageOrientation.AsStored;

    /// <summary>
    /// The arithmetic, here and in a saved pipeline. Nothing is compared or measured: 8-bit integers take a network whose
    /// <see cref="VggModel.ActivationRanges"/> are known, such as the embedded one.
    /// </summary>
    public OnnxPrecision Precision { get; init; } = OnnxPrecision.Float32;

    /// <summary>Images in a batch, 1 to 256.</summary>
    public int BatchSize { get; init; } = FeatureExtractorOptions.DefaultBatchSize;

    /// <summary>Threads for decoding and for inference, 1 to 1024; by default one for each processor.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 1024);
}
