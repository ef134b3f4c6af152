using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.DataQuality;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

/// <summary>What a saved classifier, a training and a check keep for the next time. Oracle: the same without a cache, to the bit.</summary>
public sealed class ClassifierCacheTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _photos;

    public ClassifierCacheTests()
    {
        using var drawn = new TemporaryFolder();
        ClassifierFixture.Draw(drawn);
        _photos = _folder.File("photos");
        Directory.CreateDirectory(_photos);
        foreach (string label in Directory.EnumerateDirectories(drawn.Path))
        {
            Directory.Move(label, Path.Combine(_photos, Path.GetFileName(label)));
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FeatureCacheOptions Cache => new() { CacheFolder = _folder.File("cache") };

    private ImageFolder Folder => ImageFolder.Open(_photos, Token);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(OnnxPrecision.Float32, false)]
    [InlineData(OnnxPrecision.Int8, true)]
    public void A_second_evaluation_computes_nothing_and_says_the_same_to_the_bit(OnnxPrecision precision, bool mirrorAveraging)
    {
        string model = Train(precision);
        EvaluationResult plain = Evaluate(model, cache: null, mirrorAveraging);
        Assert.Equal(0, plain.FromCache);
        foreach (int found in new[] { 0, 18, 18 })
        {
            EvaluationResult cached = Evaluate(model, Cache, mirrorAveraging);
            Assert.Equal(found, cached.FromCache);
            Assert.Null(cached.CacheWarning);
            Assert.Equal(plain.Predictions.SelectMany(prediction => prediction.Probabilities), cached.Predictions.SelectMany(prediction => prediction.Probabilities));
            Assert.Equal(plain.Unknown, cached.Unknown);
        }

        string[] paths = [.. Folder.Images.Select(image => image.Path), _folder.File("missing.png")];
        using ImageClassifier with = Load(model, Cache, mirrorAveraging), without = Load(model, cache: null, mirrorAveraging);
        Assert.Equal(Summaries(without), Summaries(with));
        Assert.Equal(18, FeatureCache.Inspect(Cache).Images);

        (string, string?, double, double?)[] Summaries(ImageClassifier classifier) =>
            [.. classifier.ClassifyAll(paths, Token).Select(prediction => (prediction.Name, prediction.Error, prediction.Probability, prediction.Novelty))];
    }

    [Fact]
    public void Another_head_on_the_same_network_shares_features_and_another_network_or_view_doesnt()
    {
        string model = Train(OnnxPrecision.Float32);
        Evaluate(model, Cache);
        Assert.Equal(18, Evaluate(Train(OnnxPrecision.Float32, l2: 3), Cache).FromCache);
        Assert.Equal(0, Evaluate(Train(OnnxPrecision.Int8), Cache).FromCache);
        Assert.Equal(0, Evaluate(model, Cache, mirrorAveraging: true).FromCache);
    }

    [Fact]
    public void A_cache_that_can_not_be_written_is_a_warning()
    {
        string model = Train(OnnxPrecision.Float32);
        File.WriteAllText(_folder.File("cache"), "a file where a folder should be");
        EvaluationResult result = Evaluate(model, Cache);
        Assert.StartsWith("Features aren't kept for the next run: ", result.CacheWarning, StringComparison.Ordinal);
        Assert.Equal(18, result.Predictions.Count);
    }

    [Fact]
    public void A_check_finds_what_a_training_computed()
    {
        ImageClassifierTrainer.Train(Folder, ClassifierFixture.Options with { FeatureCache = Cache }, cancellationToken: Token).Dispose();
        FeatureCacheInfo trained = FeatureCache.Inspect(Cache);
        Assert.True(trained.Images >= 18);

        ImageFolderCheckResult result = ImageFolderCheck.Run(
            Folder, new ImageFolderCheckOptions { Backbone = ClassifierFixture.Options.Backbone, InputSize = 32, Threads = 1, FeatureCache = Cache }, cancellationToken: Token);
        Assert.Equal(trained, FeatureCache.Inspect(Cache));
        Assert.NotNull(result.Features);
    }

    private string Train(OnnxPrecision precision, double l2 = 1)
    {
        string path = _folder.File($"{precision}-{l2}.zip");
        using TrainedImageClassifier trained = ImageClassifierTrainer.Train(Folder, ClassifierFixture.Options with { Precision = precision, L2Regularization = l2, Layer = FeatureLayer.Parse("block5_pool:avg") }, cancellationToken: Token);
        trained.Save(path);
        return path;
    }

    private EvaluationResult Evaluate(string model, FeatureCacheOptions? cache, bool mirrorAveraging = false)
    {
        using ImageClassifier classifier = Load(model, cache, mirrorAveraging);
        return classifier.Evaluate(Folder, cancellationToken: Token);
    }

    private static ImageClassifier Load(string model, FeatureCacheOptions? cache, bool mirrorAveraging) =>
        ImageClassifier.Load(model, new ImageClassifierOptions { Threads = 1, FeatureCache = cache, MirrorAveraging = mirrorAveraging });
}
