using VggTransfer.Architectures;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Quantization;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Backbones;

/// <summary>A network that is no VGG goes through the library by the interface alone.</summary>
public sealed class OtherBackboneTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Another_network_gives_features()
    {
        using var extractor = new FeatureExtractor(new AverageColour(2), new FeatureExtractorOptions { InputSize = 48 });
        byte[] pixels = [.. Enumerable.Repeat<byte[]>([10, 20, 30], 48 * 48).SelectMany(pixel => pixel)];

        float[] features = extractor.Extract(new RgbImage(48, 48, pixels));

        Assert.Equal((3, 48, AverageColour.Layer), (extractor.Dimension, extractor.InputSize, extractor.Layer));
        Assert.All(features.Zip([20f, 40f, 60f]), pair => Assert.Equal(pair.Second, pair.First, 1e-2));
        Assert.Throws<ArgumentException>(() => new FeatureExtractor(new AverageColour(2), new FeatureExtractorOptions { Layer = FeatureLayer.Fc7 }));
    }

    [Fact]
    public void Its_features_are_cached_and_told_from_those_of_other_weights()
    {
        string[] images = _folder.AddClass("red", 3, colour: 0);
        var backbone = new AverageColour(1);

        (_, float[][] first) = Extract(backbone, images);
        (int fromCache, float[][] second) = Extract(backbone, images);
        (int fromOther, float[][] other) = Extract(new AverageColour(3), images);

        Assert.Equal((images.Length, 1, 0), (fromCache, backbone.Opened, fromOther));
        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Its_arithmetic_is_left_as_it_is()
    {
        var backbone = new AverageColour(1);

        var chosen = PrecisionSelection.Choose(backbone, asked: null, [], new QuantizationOptions(), cache: null, progress: null, TestContext.Current.CancellationToken);

        Assert.Same(backbone, chosen.Network);
        Assert.Equal(OnnxPrecision.Float32, chosen.Choice.Precision);
    }

    private (int FromCache, float[][] Features) Extract(AverageColour backbone, string[] images)
    {
        using var extractor = new CachedFeatureExtractor(backbone, cache: new FeatureCacheOptions { CacheFolder = _folder.File("cache") });
        CachedFeatures extraction = extractor.Extract(images, TestContext.Current.CancellationToken);
        return (extraction.FromCache, [.. extraction.Results.Select(result => result.Values!)]);
    }
}
