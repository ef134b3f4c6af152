using VggTransfer.Architectures;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.FeatureCaching;

/// <summary>Oracle throughout: a <see cref="FeatureExtractor"/> without a cache, to the bit.</summary>
public sealed class CachedFeatureExtractorTests : IDisposable
{
    private static readonly VggModel s_model = RandomModels.CreateTrainable(
        new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 32, InputSize = 32, IncludeTop = false });

    private static readonly FeatureExtractorOptions s_options = new() { Layer = FeatureLayer.Parse("block4_pool:avg+block5_pool:avg"), BatchSize = 3 };

    private readonly TemporaryFolder _folder = new();

    private FeatureCacheOptions Cache => new() { CacheFolder = _folder.File("cache") };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_second_run_takes_everything_from_the_cache_to_the_bit()
    {
        string[] paths = _folder.AddClass("a", 7, colour: 0);
        float[][] expected = Compute(paths);

        Assert.Equal(0, Run(paths, expected));
        Assert.Equal(7, Run(paths, expected));
        FeatureCacheInfo info = FeatureCache.Inspect(Cache);
        Assert.Equal((1, 7L, 1), (info.Files, info.Images, info.Recipes));
        Assert.Equal(info.Bytes, FeatureCache.Clear(Cache));
        Assert.Equal(0, FeatureCache.Inspect(Cache).Files);
        Assert.Equal(0, Run(paths, expected));
    }

    [Fact]
    public void Only_new_and_changed_images_are_computed_and_names_dont_matter()
    {
        string[] paths = _folder.AddClass("a", 6, colour: 0);
        Run(paths, Compute(paths));
        File.Move(paths[0], _folder.File("a/renamed.png"));
        File.Copy(paths[1], paths[0]);
        string[] others = _folder.AddClass("b", 2, colour: 1);
        File.Copy(others[0], paths[2], overwrite: true);
        string[] all = [.. Directory.EnumerateFiles(_folder.File("a")).Order(StringComparer.Ordinal), .. others];

        Assert.Equal(6, Run(all, Compute(all)));
        Assert.Equal(9, Run(all, Compute(all)));
        Assert.Equal(8, FeatureCache.Inspect(Cache).Images);
    }

    [Fact]
    public void A_bad_image_is_an_error_each_time_and_takes_no_other_image_along()
    {
        string[] paths = _folder.AddClass("a", 5, colour: 0);
        File.WriteAllText(paths[1], "no picture");
        File.Delete(paths[3]);
        string[] good = [paths[0], paths[2], paths[4]];
        float[][] expected = Compute(good);
        for (int run = 0; run < 2; run++)
        {
            using var extractor = new CachedFeatureExtractor(s_model, s_options, Cache);
            CachedFeatures features = extractor.Extract(paths, TestContext.Current.CancellationToken);
            ImageFeatures[] results = [.. features.Results];
            Assert.Equal(run * 3, features.FromCache);
            Assert.Equal(paths, results.Select(result => result.Name));
            Assert.IsType<InvalidImageException>(results[1].Error);
            Assert.IsType<FileNotFoundException>(results[3].Error);
            Assert.Equal(expected, results.Select(result => result.Values).OfType<float[]>());
        }
    }

    [Fact]
    public void Damage_anywhere_costs_time_and_never_gives_other_features()
    {
        string[] paths = _folder.AddClass("a", 4, colour: 0);
        float[][] expected = Compute(paths);
        Run(paths, expected);
        string segment = Assert.Single(Segments());
        byte[] sound = File.ReadAllBytes(segment);
        var random = new Random(1);
        int lost = 0;
        for (int i = 0; i < 60; i++)
        {
            byte[] damaged = [.. sound];
            switch (i % 3)
            {
                case 0:
                    damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    damaged = damaged[..random.Next(damaged.Length)];
                    break;
                default:
                    // A disk that lost power: blocks of zeros.
                    damaged.AsSpan(random.Next(damaged.Length)).Clear();
                    break;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(segment)!);
            File.WriteAllBytes(segment, damaged);
            lost += 4 - Run(paths, expected);

            // The run has mended it.
            Assert.Equal(4, Run(paths, expected));
            FeatureCache.Clear(Cache);
        }

        Assert.InRange(lost, 60, 240);
    }

    [Fact]
    public void A_half_written_record_is_written_over()
    {
        string[] paths = _folder.AddClass("a", 4, colour: 0);
        float[][] expected = Compute(paths);
        Run(paths, expected);
        string segment = Assert.Single(Segments());
        long whole = new FileInfo(segment).Length;
        using (FileStream stream = File.OpenWrite(segment))
        {
            stream.SetLength(whole - 5);
        }

        Assert.Equal(3, Run(paths, expected));
        Assert.Equal(whole, new FileInfo(Assert.Single(Segments())).Length);
        Assert.Equal(4, Run(paths, expected));
    }

    [Fact]
    public void Many_writers_and_readers_at_once_dont_disturb_each_other()
    {
        string[] paths = _folder.AddClass("a", 12, colour: 0);
        float[][] expected = Compute(paths);
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i => Run(paths[..(2 * (i + 1))], expected[..(2 * (i + 1))]));

        Assert.Equal(12, Run(paths, expected));

        // One after another they go on with the same files.
        int files = Segments().Length;
        string[] others = _folder.AddClass("b", 3, colour: 1);
        Run(others[..1], Compute(others[..1]));
        Run(others, Compute(others));
        Assert.Equal(files, Segments().Length);
        Assert.Empty(Directory.EnumerateFiles(_folder.File("cache"), "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void What_was_used_least_recently_goes_first_and_the_limit_holds()
    {
        FeatureCacheOptions cache = Cache with { MaxBytes = 1_000_000 };

        // 64 KiB and some for each image: one in a segment of 125,000 bytes.
        FeatureExtractorOptions large = new() { Layer = FeatureLayer.Parse("block1_conv1+block1_pool"), InputSize = 96 };
        string[] paths = _folder.AddClass("a", 24, colour: 0, side: 8);
        string[] first = paths[..4];
        using (var extractor = new CachedFeatureExtractor(s_model, large, cache))
        {
            Assert.Equal(23_040, extractor.Dimension);
            _ = extractor.Extract(first, TestContext.Current.CancellationToken).Results.Count();
        }

        for (int i = 4; i < paths.Length; i++)
        {
            using var extractor = new CachedFeatureExtractor(s_model, large, cache);
            CachedFeatures features = extractor.Extract([.. first, paths[i]], TestContext.Current.CancellationToken);
            _ = features.Results.Count();
            Assert.Equal(4, features.FromCache);
            Assert.Null(extractor.Warning);
            Assert.InRange(Segments().Sum(path => new FileInfo(path).Length), 400_000, 1_000_000);
        }

        using var last = new CachedFeatureExtractor(s_model, large, cache);
        Assert.InRange(last.Extract(paths[4..^5], TestContext.Current.CancellationToken).FromCache, 0, 6);
        Assert.Equal(5, last.Extract([.. first, paths[^1]], TestContext.Current.CancellationToken).FromCache);
    }

    [Theory]
    [InlineData("cache")]
    [InlineData("cache/features/recipe")]
    public void A_cache_that_can_not_be_written_is_a_warning(string obstacle)
    {
        string[] paths = _folder.AddClass("a", 3, colour: 0);
        float[][] expected = Compute(paths);
        if (obstacle == "cache")
        {
            File.WriteAllText(_folder.File("cache"), "a file where a folder should be");
        }
        else
        {
            FeatureRecipe recipe = FeatureRecipe.Create(s_model, s_options);
            Directory.CreateDirectory(_folder.File("cache/features"));
            File.WriteAllText(FeatureSegmentWriter.FolderOf(_folder.File("cache/features"), recipe), "a file where a folder should be");
        }

        using var extractor = new CachedFeatureExtractor(s_model, s_options, Cache);
        Assert.Equal(expected, extractor.Extract(paths, TestContext.Current.CancellationToken).Results.Select(result => result.Values));
        Assert.StartsWith("Features aren't kept for the next run: ", extractor.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_file_under_a_segments_name_is_left_alone()
    {
        string[] paths = _folder.AddClass("a", 3, colour: 0);
        float[][] expected = Compute(paths);
        Run(paths, expected);
        string segment = Assert.Single(Segments());
        File.WriteAllText(segment, new string('x', 1000));

        Assert.Equal(0, Run(paths, expected));
        Assert.Equal(3, Run(paths, expected));
        Assert.Equal(new string('x', 1000), File.ReadAllText(segment));
        Assert.Equal(3, FeatureCache.Inspect(Cache).Images);
    }

    [Fact]
    public void Cancelled_work_is_kept_as_far_as_it_went()
    {
        string[] paths = _folder.AddClass("a", 9, colour: 0);
        float[][] expected = Compute(paths);
        using (var extractor = new CachedFeatureExtractor(s_model, s_options, Cache))
        {
            using var cancellation = new CancellationTokenSource();
            Assert.ThrowsAny<OperationCanceledException>(() =>
            {
                foreach (ImageFeatures features in extractor.Extract(paths, cancellation.Token).Results)
                {
                    if (features.Name == paths[3])
                    {
                        cancellation.Cancel();
                    }
                }
            });
        }

        Assert.InRange(Run(paths, expected), 4, 8);
    }

    [Theory]
    [InlineData(null, 2_000_000_000L)]
    [InlineData("", 2_000_000_000L)]
    [InlineData("off", null)]
    [InlineData("0", null)]
    [InlineData("500", 500_000_000L)]
    public void The_variable_says_megabytes_or_off(string? value, long? bytes) => Assert.Equal(bytes, FeatureCacheOptions.Parse(value)?.MaxBytes);

    [Theory]
    [InlineData("-1")]
    [InlineData("2 GB")]
    [InlineData("99999999999999999999")]
    public void Anything_else_in_the_variable_is_refused(string value) =>
        Assert.Contains(value, Assert.Throws<ArgumentException>(() => FeatureCacheOptions.Parse(value)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_limit_below_a_megabyte_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CachedFeatureExtractor(s_model, s_options, Cache with { MaxBytes = 999_999 }));

    private string[] Segments() => [.. Directory.EnumerateFiles(_folder.File("cache"), "*.features", SearchOption.AllDirectories)];

    private static float[][] Compute(string[] paths)
    {
        using var extractor = new FeatureExtractor(s_model, s_options);
        return [.. extractor.ExtractAll(paths).Select(result => result.Values!)];
    }

    /// <summary>How many came from the cache.</summary>
    private int Run(string[] paths, float[][] expected)
    {
        using var extractor = new CachedFeatureExtractor(s_model, s_options, Cache);
        CachedFeatures features = extractor.Extract(paths);
        ImageFeatures[] results = [.. features.Results];
        Assert.Equal(paths, results.Select(result => result.Name));
        Assert.Equal(expected, results.Select(result => result.Values));
        Assert.Null(extractor.Warning);
        Assert.Equal(paths.Length, features.Count);
        return features.FromCache;
    }
}
