using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Models;
using VggTransfer.Quantization;
using VggTransfer.Tests.Cli;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

/// <summary>The arithmetic that a training chooses, and what is saved of it.</summary>
public sealed class PrecisionTests : IDisposable
{
    private static readonly VggArchitecture s_architecture = new() { Configuration = VggConfiguration.B, WidthMultiplier = 0.25, InputSize = 64, IncludeTop = false };

    private readonly TemporaryFolder _folder = new();
    private readonly VggModel _backbone = RandomModels.CreateTrainable(s_architecture);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Without_ranges_they_are_measured_on_the_training_images()
    {
        using TrainedImageClassifier trained = Train(_backbone, precision: null);

        PrecisionChoice choice = trained.Description.Precision;
        Assert.Equal(OnnxPrecision.Int8, choice.Precision);
        Assert.Contains("measured on 18 others", choice.Reason, StringComparison.Ordinal);
        Assert.Equal(6, choice.Similarity!.Images);
        Assert.InRange(choice.Similarity.LeastCosine, 0.99, 1);
    }

    [Fact]
    public void The_backbones_own_ranges_are_taken_where_they_do()
    {
        using TrainedImageClassifier trained = Train(_backbone.WithActivationRanges(Measured()), precision: null);

        PrecisionChoice choice = trained.Description.Precision;
        Assert.Equal(OnnxPrecision.Int8, choice.Precision);
        Assert.EndsWith("with the ranges that the backbone came with", choice.Reason, StringComparison.Ordinal);
        Assert.Equal(24, choice.Similarity!.Images);
    }

    [Fact]
    public void A_folder_that_grew_is_compared_on_nearly_the_images_of_before()
    {
        VggModel backbone = _backbone.WithActivationRanges(Measured());
        var cache = new FeatureCacheOptions { CacheFolder = _folder.File("cache") };
        string[] images = [.. Enumerable.Range(0, 60).Select(i => Path.Combine(_folder.Path, $"{i}.png"))];
        foreach ((int i, string path) in images.Index())
        {
            File.WriteAllBytes(path, DrawnPhotos.Draw("stripes", i));
        }

        PrecisionChoice Choose(string[] paths) => PrecisionSelection.Choose(
            new VggBackbone(backbone), asked: null, paths, new QuantizationOptions { InputSize = 64 }, cache, progress: null, Token).Choice;
        PrecisionChoice first = Choose(images[..57]);
        Assert.Equal(48, FeatureCache.Inspect(cache).Images);
        Assert.Equal(first, Choose(images[..57]));
        Assert.Equal(48, FeatureCache.Inspect(cache).Images);
        Choose(images);
        Assert.InRange(FeatureCache.Inspect(cache).Images, 48, 54);
    }

    /// <summary>Ranges 60 times too wide leave four levels of 256.</summary>
    [Fact]
    public void Ranges_that_do_not_suit_the_images_are_measured_anew()
    {
        using TrainedImageClassifier trained = Train(_backbone.WithActivationRanges(Widened()), precision: null);

        Assert.Equal(OnnxPrecision.Int8, trained.Description.Precision.Precision);
        Assert.Contains("measured on 18 others", trained.Description.Precision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Few_images_are_no_ground_for_ranges()
    {
        using TrainedImageClassifier unknown = Train(_backbone, precision: null, perClass: 5);
        using TrainedImageClassifier unsuitable = Train(_backbone.WithActivationRanges(Widened()), precision: null, perClass: 5);

        Assert.Equal(OnnxPrecision.Float32, unknown.Description.Precision.Precision);
        Assert.Equal("no ranges for 8-bit integers came with the backbone, and 15 images are too few to measure any on", unknown.Description.Precision.Reason);
        Assert.Equal(OnnxPrecision.Float32, unsuitable.Description.Precision.Precision);
        Assert.StartsWith("8-bit integers are too far off (cosine to floating point 0.", unsuitable.Description.Precision.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OnnxPrecision.Float32)]
    [InlineData(OnnxPrecision.Int8)]
    public void What_is_asked_for_is_taken(OnnxPrecision precision)
    {
        using TrainedImageClassifier trained = Train(_backbone.WithActivationRanges(Widened()), precision, perClass: 5);

        Assert.Equal(precision, trained.Description.Precision.Precision);
        Assert.StartsWith("as asked for", trained.Description.Precision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_saved_model_keeps_its_integers_and_says_so()
    {
        (string exact, string rounded) = (_folder.File("exact.zip"), _folder.File("rounded.zip"));
        using (TrainedImageClassifier trained = Train(_backbone, OnnxPrecision.Float32))
        {
            trained.Save(exact);
        }

        using TrainedImageClassifier quantized = Train(_backbone, OnnxPrecision.Int8);
        quantized.Save(rounded);

        Assert.InRange(new FileInfo(rounded).Length, 1, new FileInfo(exact).Length / 2.5);
        using ImageClassifier classifier = ImageClassifier.Load(rounded, new ImageClassifierOptions { Threads = 1, MirrorAveraging = true });
        Assert.Equal(quantized.Description.Precision, classifier.Description.Precision);
        EvaluationResult result = classifier.Evaluate(ImageFolder.Open(_folder.File("photos"), Token), cancellationToken: Token);
        Assert.Equal(1, result.Metrics.Accuracy);
    }

    [Fact]
    public void A_trained_model_is_quantised_afterwards()
    {
        (string exact, string rounded) = (_folder.File("exact.zip"), _folder.File("rounded.zip"));
        using (TrainedImageClassifier trained = Train(_backbone, OnnxPrecision.Float32))
        {
            trained.Save(exact);
        }

        string[] images = [.. ImageFolder.ListImages(_folder.File("photos"), Token)];
        Assert.Contains("aren't known", Assert.Throws<ArgumentException>(() => ClassifierQuantizer.Quantize(exact, rounded, images: null, cancellationToken: Token)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(rounded));
        QuantizationResult measured = ClassifierQuantizer.Quantize(exact, rounded, images, cancellationToken: Token)!;

        using ImageClassifier before = ImageClassifier.Load(exact, threads: 1);
        using ImageClassifier after = ImageClassifier.Load(rounded, threads: 1);
        Assert.InRange(measured.Similarity.LeastCosine, 0.998, 1);
        Assert.Equal(before.Description with { Precision = after.Description.Precision, Labels = after.Labels }, after.Description);
        Assert.All(images, image => Assert.Equal(before.Classify(image).Probability, after.Classify(image).Probability, 0.05));
        Assert.Contains("already", Assert.Throws<NotSupportedException>(() => ClassifierQuantizer.Quantize(rounded, _folder.File("twice.zip"), images, cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    private IReadOnlyDictionary<string, ActivationRange> Measured()
    {
        using var folder = new TemporaryFolder();
        DrawnPhotos.DrawFolder(folder.Path, seed: 7);
        return ModelQuantizer.Measure(_backbone, ImageFolder.ListImages(folder.Path, Token), cancellationToken: Token).Ranges;
    }

    private Dictionary<string, ActivationRange> Widened() => Measured().ToDictionary(pair => pair.Key, pair => new ActivationRange(0, 60 * pair.Value.Maximum));

    private TrainedImageClassifier Train(VggModel backbone, OnnxPrecision? precision, int perClass = 8)
    {
        DrawnPhotos.DrawFolder(_folder.File("photos"), perClass);
        return ImageClassifierTrainer.Train(
            ImageFolder.Open(_folder.File("photos"), Token),
            new ImageClassifierTrainerOptions { Backbone = new VggBackbone(backbone), InputSize = 64, L2Regularization = 10, Precision = precision, Threads = 2 },
            cancellationToken: Token);
    }
}
