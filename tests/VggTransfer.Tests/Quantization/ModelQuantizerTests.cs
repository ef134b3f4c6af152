using System.Numerics.Tensors;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Quantization;
using VggTransfer.Tests.Cli;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Quantization;

public sealed class ModelQuantizerTests
{
    private static readonly VggArchitecture s_small = new() { Configuration = VggConfiguration.B, WidthMultiplier = 0.25, InputSize = 64, DenseUnits = 32, Classes = 5 };

    public static TheoryData<bool, PreprocessingFamily, string> Networks => new()
    {
        { false, PreprocessingFamily.KerasCaffe, "fc7" },
        { true, PreprocessingFamily.Torchvision, "block4_pool:avg+block5_pool" },
        { true, PreprocessingFamily.ZeroToOne, "logits" },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Quantised_features_are_near_those_in_floating_point(bool batchNorm, PreprocessingFamily family, string layer)
    {
        using var folder = new TemporaryFolder();
        string[] images = Photos(folder, 24);
        VggModel model = RandomModels.CreateTrainable(s_small with { BatchNorm = batchNorm }).WithPreprocessing(family);

        QuantizationResult measured = ModelQuantizer.Measure(model, images, cancellationToken: TestContext.Current.CancellationToken);
        float[][] exact = Features(model, images, layer, OnnxPrecision.Float32);
        float[][] rounded = Features(model.WithActivationRanges(measured.Ranges), images, layer, OnnxPrecision.Int8);

        Assert.Equal((18, 6), (measured.CalibrationImages, measured.ComparedImages));
        Assert.Equal(measured.Trials.Max(trial => trial.Similarity.LeastCosine), measured.Similarity.LeastCosine);
        Assert.All(exact.Zip(rounded), pair => Assert.InRange(TensorPrimitives.CosineSimilarity<float>(pair.First, pair.Second), 0.995, 1.0001));
    }

    [Fact]
    public void Batch_size_and_threads_do_not_change_a_bit()
    {
        using var folder = new TemporaryFolder();
        string[] images = Photos(folder, 9);
        VggModel model = RandomModels.CreateTrainable(s_small with { IncludeTop = false }).WithPreprocessing(PreprocessingFamily.KerasCaffe);
        model = model.WithActivationRanges(ModelQuantizer.Measure(model, images, cancellationToken: TestContext.Current.CancellationToken).Ranges);

        float[][] one = Features(model, images, "block5_pool:avg", OnnxPrecision.Int8, batchSize: 1, threads: 1);

        Assert.Equal(one, Features(model, images, "block5_pool:avg", OnnxPrecision.Int8, batchSize: 4, threads: 2));
    }

    /// <summary>Padding is zero after the mean is subtracted: the border is as near to floating point as the inside.</summary>
    [Fact]
    public void The_first_convolution_is_near_at_the_border_as_well()
    {
        var architecture = s_small with { IncludeTop = false };
        VggModel model = RandomModels.CreateTrainable(architecture);
        var random = new Random(1);
        byte[] picture = new byte[64 * 64 * 3];
        random.NextBytes(picture);
        using var exact = new FeatureExtractor(model, new FeatureExtractorOptions { Layer = FeatureLayer.Parse("block1_conv1") });
        float[] expected = exact.Extract(new RgbImage(64, 64, picture));
        float reach = expected.Max();
        model = model.WithActivationRanges(architecture.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).ToDictionary(layer => layer.Name, _ => new ActivationRange(0, reach)));
        using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions { Layer = FeatureLayer.Parse("block1_conv1"), Precision = OnnxPrecision.Int8 });

        float[] errors = [.. extractor.Extract(new RgbImage(64, 64, picture)).Zip(expected, (a, b) => Math.Abs(a - b) / reach)];

        ILookup<bool, float> atBorder = errors.Select((error, i) => (error, i % 64 is 0 or 63 || i / 64 % 64 is 0 or 63)).ToLookup(pair => pair.Item2, pair => pair.error);
        Assert.InRange(atBorder[false].Average(), 0, 0.004);
        Assert.InRange(atBorder[true].Average(), 0, 0.006);
    }

    [Fact]
    public void Int8_without_ranges_says_what_to_do()
    {
        VggModel model = RandomModels.CreateTrainable(s_small).WithPreprocessing(PreprocessingFamily.KerasCaffe);

        ArgumentException exception = Assert.Throws<ArgumentException>(() => new FeatureExtractor(model, new FeatureExtractorOptions { Precision = OnnxPrecision.Int8 }));

        Assert.Contains("ModelQuantizer.Measure", exception.Message);
    }

    private static string[] Photos(TemporaryFolder folder, int count)
    {
        DrawnPhotos.DrawFolder(folder.Path, (count + 2) / 3);
        return [.. Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(count)];
    }

    private static float[][] Features(VggModel model, string[] images, string layer, OnnxPrecision precision, int batchSize = 8, int threads = 2)
    {
        using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions { Layer = FeatureLayer.Parse(layer), Precision = precision, BatchSize = batchSize, Threads = threads });
        return [.. extractor.ExtractAll(images, TestContext.Current.CancellationToken).Select(features => features.Values!)];
    }
}
