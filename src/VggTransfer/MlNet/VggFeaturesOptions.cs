using VggTransfer.Backbones;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.MlNet;

/// <summary>Options of the ML.NET transform that turns images into features of a frozen VGG.</summary>
public sealed record VggFeaturesOptions : FeatureSettings
{
    /// <summary>
    /// The network; by default the embedded VGG16 convolutions. It must not be disposed while the estimator and its
    /// transformers are in use.
    /// </summary>
    public IBackbone? Backbone { get; init; }

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
}
