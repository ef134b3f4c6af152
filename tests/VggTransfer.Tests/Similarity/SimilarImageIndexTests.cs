using System.Numerics.Tensors;
using SkiaSharp;
using VggTransfer.Architectures;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Similarity;
using VggTransfer.Tests.DataQuality;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Similarity;

public sealed class SimilarImageIndexTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly VggModel _backbone = RandomModels.CreateTrainable(new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 0.125, InputSize = 32, IncludeTop = false });

    public SimilarImageIndexTests()
    {
        for (int seed = 0; seed < 12; seed++)
        {
            Draw($"{(seed % 2 == 0 ? "a" : "b/deep")}/{seed:00}.png", seed);
        }
    }

    public void Dispose()
    {
        _backbone.Dispose();
        _folder.Dispose();
    }

    private string Photos => _folder.File("photos");

    private string IndexPath => _folder.File("photos.index");

    [Fact]
    public void It_finds_what_comparing_the_features_themselves_finds()
    {
        Assert.Equal(new SimilarImageIndexUpdate(12, 12, 0, 0, [], null), Update() with { Skipped = [] });
        using var index = SimilarImageIndex.Open(IndexPath);
        using FeatureExtractor extractor = index.CreateExtractor(_backbone);
        Dictionary<string, float[]> features = index.Paths.ToDictionary(path => path, path => extractor.Extract(Path.Combine(Photos, path)));
        Assert.Equal((12, 64), (index.Count, index.Dimension));
        foreach ((string query, float[] vector) in features)
        {
            IReadOnlyList<SimilarImage> found = index.Find(vector, 5, TestContext.Current.CancellationToken);
            (string Path, float Cosine)[] expected = [.. features.Select(item => (item.Key, TensorPrimitives.CosineSimilarity<float>(vector, item.Value))).OrderByDescending(item => item.Item2).Take(5)];
            Assert.Equal(query, found[0].Path);
            Assert.All(found.Zip(expected), pair => Assert.Equal(pair.Second.Cosine, pair.First.Similarity, 0.001));
        }

        // Many at once are the same as one after another.
        float[][] all = [.. features.Values];
        Assert.Equal(all.Select(vector => index.Find(vector, 3, TestContext.Current.CancellationToken)), index.FindAll(all, 3, threads: 2, TestContext.Current.CancellationToken));
        Assert.Equal(12, index.Find(all[0], 1000, TestContext.Current.CancellationToken).Count);
        Assert.Throws<ArgumentException>(() => index.Find(new float[63], 1, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void An_update_computes_only_what_is_new()
    {
        Update();
        byte[] before = File.ReadAllBytes(IndexPath);
        DateTime written = File.GetLastWriteTimeUtc(IndexPath);
        Assert.Equal((0, 12, 0), Counts(Update()));
        Assert.Equal(written, File.GetLastWriteTimeUtc(IndexPath));

        // Touched and renamed: known by content. A copy of a known one as well.
        File.SetLastWriteTimeUtc(Photo("a/00.png"), DateTime.UtcNow.AddDays(-3));
        File.Move(Photo("a/02.png"), Photo("b/renamed.png"));
        File.Copy(Photo("a/04.png"), Photo("b/copy.png"));
        Assert.Equal((0, 13, 0), Counts(Update()));

        // Changed, new, gone, broken.
        Draw("a/06.png", 1006);
        Draw("c/new.png", 1007);
        File.Delete(Photo("a/08.png"));
        File.WriteAllText(Photo("a/broken.jpg"), "no picture");
        SimilarImageIndexUpdate update = Update();
        Assert.Equal((2, 11, 2), Counts(update));
        Assert.Equal("broken.jpg", Path.GetFileName(Assert.Single(update.Skipped).Path));

        // The same as an index that is made at once.
        byte[] updated = File.ReadAllBytes(IndexPath);
        File.Delete(IndexPath);
        Update();
        Assert.Equal(File.ReadAllBytes(IndexPath), updated);
        Assert.NotEqual(before, updated);
    }

    [Fact]
    public void Other_features_make_it_anew_and_another_network_cannot_ask_it()
    {
        Update();
        SimilarImageIndexUpdate update = Update(new SimilarImageIndexOptions { Backbone = _backbone, Layer = FeatureLayer.Parse("block4_pool:avg") });
        Assert.Equal((12, 0, 0), Counts(update));
        Assert.Equal("it was made with layer block5_pool:avg", update.Rebuilt);
        using var index = SimilarImageIndex.Open(IndexPath);
        Assert.Equal("block4_pool:avg", index.Layer.ToString());
        using VggModel other = RandomModels.CreateTrainable(_backbone.Architecture, seed: 2);
        Assert.Contains("another network", Assert.Throws<ArgumentException>(() => index.CreateExtractor(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_open_index_sees_what_it_opened_while_the_file_is_replaced()
    {
        Update();
        using var index = SimilarImageIndex.Open(IndexPath);
        using FeatureExtractor extractor = index.CreateExtractor(_backbone);
        float[] features = extractor.Extract(Photo("a/00.png"));
        IReadOnlyList<SimilarImage> before = index.Find(features, 12, TestContext.Current.CancellationToken);
        File.Delete(Photo("a/00.png"));
        Update();
        Assert.Equal(before, index.Find(features, 12, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_cancelled_or_impossible_update_leaves_the_file_as_it_was()
    {
        Update();
        byte[] before = File.ReadAllBytes(IndexPath);
        Draw("c/new.png", 1007);
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => SimilarImageIndex.Update(IndexPath, Photos, new SimilarImageIndexOptions { Backbone = _backbone }, new Canceller(source), source.Token));
        Assert.Equal(before, File.ReadAllBytes(IndexPath));
        string bad = Directory.CreateDirectory(_folder.File("bad")).FullName;
        File.WriteAllText(Path.Combine(bad, "x.jpg"), "no picture");
        Assert.Throws<InvalidImageFolderException>(() => SimilarImageIndex.Update(IndexPath, bad, new SimilarImageIndexOptions { Backbone = _backbone }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(before, File.ReadAllBytes(IndexPath));
        Assert.Equal(["bad", "photos", "photos.index"], new DirectoryInfo(_folder.Path).EnumerateFileSystemInfos().Select(item => item.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_no_index_is_not_overwritten()
    {
        File.WriteAllText(IndexPath, "somebody's diary");
        Assert.Throws<InvalidModelFileException>(() => Update());
        Assert.Equal("somebody's diary", File.ReadAllText(IndexPath));
    }

    private SimilarImageIndexUpdate Update(SimilarImageIndexOptions? options = null) =>
        SimilarImageIndex.Update(IndexPath, Photos, options ?? new SimilarImageIndexOptions { Backbone = _backbone }, cancellationToken: TestContext.Current.CancellationToken);

    private static (int Added, int Kept, int Removed) Counts(SimilarImageIndexUpdate update) => (update.Added, update.Kept, update.Removed);

    private string Photo(string relative) => Path.Combine(Photos, relative);

    private void Draw(string relative, int seed)
    {
        using SKBitmap scene = DrawnScenes.Draw(seed);
        DrawnScenes.Write(Photo(relative), scene);
    }

    private sealed class Canceller(CancellationTokenSource source) : IProgress<SimilarImageProgress>
    {
        public void Report(SimilarImageProgress value)
        {
            if (value.Stage == SimilarImageStage.ExtractingFeatures)
            {
                source.Cancel();
            }
        }
    }
}
