using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.DataQuality;
using VggTransfer.Datasets;
using VggTransfer.Explanations;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Quantization;
using VggTransfer.Similarity;
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
        Assert.Throws<FeatureLayerNotFoundException>(() => new FeatureExtractor(new AverageColour(2), new FeatureExtractorOptions { Layer = FeatureLayer.Fc7 }));
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

    [Fact]
    public void A_classifier_on_it_is_trained_saved_loaded_and_predicts()
    {
        ImageFolder folder = Draw(count: 6);
        using TrainedImageClassifier trained = Train(folder);
        using ImageClassifier loaded = Load();

        Assert.Equal(("Average colour", "colour"), (loaded.Description.Architecture, loaded.Description.Layer.ToString()));
        foreach (LabeledPrediction expected in trained.ValidationPredictions)
        {
            ImagePrediction actual = loaded.Classify(expected.Path);
            Assert.Equal(trained.Description.Labels[expected.Class], actual.Label);
            Assert.All(actual.Classes, pair => Assert.Equal(expected.Probabilities[trained.Description.Labels.ToList().IndexOf(pair.Label)], pair.Probability, 1e-4));
        }

        Assert.Equal(1, loaded.Evaluate(folder, cancellationToken: Token).Metrics.Accuracy);
    }

    /// <summary>Oracle: ML.NET's own parts, which the saved file consists of.</summary>
    [Fact]
    public void Its_saved_model_runs_in_ML_NET_alone()
    {
        ImageFolder folder = Draw(count: 6);
        using TrainedImageClassifier trained = Train(folder);
        using ImageClassifier loaded = Load();
        var mlContext = new MLContext();
        ITransformer chain = mlContext.Model.Load(_folder.File("model.zip"), out _);

        IDataView predicted = chain.Transform(mlContext.Data.LoadFromEnumerable(folder.Images.Select(image => new Row { ImagePath = image.Path })));

        Assert.Equal(folder.Images.Select(image => loaded.Classify(image.Path).Label), predicted.GetColumn<string>("PredictedLabel"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(ConvolutionAlgorithm.Winograd)]
    public void Features_that_its_saved_model_keeps_are_found_again(ConvolutionAlgorithm? algorithm)
    {
        Assert.SkipUnless(MatrixKernel.IsSupported, "This processor lacks AVX2 or FMA.");
        ImageFolder folder = Draw(count: 6);
        Train(folder).Dispose();
        foreach (int found in new[] { 0, folder.Images.Count })
        {
            using ImageClassifier loaded = Load(new ImageClassifierOptions { FeatureCache = Cache, Algorithm = algorithm });
            Assert.Equal(found, loaded.Evaluate(folder, cancellationToken: Token).FromCache);
        }
    }

    [Fact]
    public void A_folder_is_checked_with_it()
    {
        ImageFolder folder = Draw(count: 12);
        string gold = _folder.AddClass(Path.Combine("photos", "blue"), count: 1, colour: 3)[0];

        ImageFolderCheckResult result = ImageFolderCheck.Run(folder, new ImageFolderCheckOptions { Backbone = new AverageColour(1), Threads = 1 }, cancellationToken: Token);

        Assert.Equal(AverageColour.Layer, result.Features!.Layer);
        Assert.True(result.Features.HeldOutAccuracy > 0.9);
        Assert.Contains(result.Outliers, outlier => outlier.Image.Path == gold);
    }

    [Fact]
    public void Similar_images_are_found_by_it()
    {
        ImageFolder folder = Draw(count: 4);
        var options = new SimilarImageIndexOptions { Backbone = new AverageColour(1) };
        string path = _folder.File("photos.index");
        SimilarImageIndex.Update(path, folder.Path, options, cancellationToken: Token);

        using var index = SimilarImageIndex.Open(path);
        using FeatureExtractor extractor = index.CreateExtractor(options.Backbone);
        IReadOnlyList<SimilarImage> found = index.Find(extractor.Extract(folder.Images[0].Path), 4, Token);

        Assert.Equal(AverageColour.Layer, index.Layer);
        Assert.All(found, image => Assert.StartsWith(folder.Images[0].Label, image.Path, StringComparison.Ordinal));
        Assert.Contains("another network", Assert.Throws<ArgumentException>(() => index.CreateExtractor(new AverageColour(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_a_VGG_has_is_refused_in_a_sentence()
    {
        Train(Draw(count: 6)).Dispose();
        string model = _folder.File("model.zip");

        Assert.Contains("so no heat map can be traced back", Assert.Throws<NotSupportedException>(() => GradCam.Load(model)).Message, StringComparison.Ordinal);
        Assert.Contains("VGG", Assert.Throws<InvalidModelFileException>(() => ClassifierQuantizer.Quantize(model, _folder.File("int8.zip"), images: null, cancellationToken: Token)).Message, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FeatureCacheOptions Cache => new() { CacheFolder = _folder.File("cache") };

    private ImageFolder Draw(int count)
    {
        foreach ((int colour, string label) in ((string[])["red", "green", "blue"]).Index())
        {
            _folder.AddClass(Path.Combine("photos", label), count, colour);
        }

        return ImageFolder.Open(_folder.File("photos"), Token);
    }

    private TrainedImageClassifier Train(ImageFolder folder)
    {
        // So that the saved head is the one that was judged.
        var options = new ImageClassifierTrainerOptions { Backbone = new AverageColour(1), Threads = 1, Refit = false };
        TrainedImageClassifier trained = ImageClassifierTrainer.Train(folder, options, cancellationToken: Token);
        trained.Save(_folder.File("model.zip"));
        return trained;
    }

    private ImageClassifier Load(ImageClassifierOptions? options = null) => ImageClassifier.Load(_folder.File("model.zip"), options ?? new ImageClassifierOptions());

    private (int FromCache, float[][] Features) Extract(AverageColour backbone, string[] images)
    {
        using var extractor = new CachedFeatureExtractor(backbone, cache: Cache);
        CachedFeatures extraction = extractor.Extract(images, TestContext.Current.CancellationToken);
        return (extraction.FromCache, [.. extraction.Results.Select(result => result.Values!)]);
    }

    private sealed class Row
    {
        public string ImagePath { get; set; } = "";
    }
}
