using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Images;
using VggTransfer.Tests.Onnx;

namespace VggTransfer.Tests.Features;

public sealed class FeatureExtractorTests
{
    private static readonly VggModel s_model = RandomModels.CreateTrainable(
        new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 16, InputSize = 32, IncludeTop = false });

    private static readonly FeatureLayer s_layer = FeatureLayer.Parse("block4_pool:avg+block5_pool:avg");

    /// <summary>Oracle: resize recipe, normalisation and the definitions of the layers, one after the other.</summary>
    [Fact]
    public void Features_are_those_of_the_network_on_the_prepared_pixels()
    {
        using var folder = new TemporaryFolder();
        string path = folder.AddClass("a", 1, colour: 0)[0];
        using FeatureExtractor extractor = Create(layer: FeatureLayer.Parse("block5_pool"));
        byte[] pixels = new byte[3 * 32 * 32];
        ImagePreparation.Prepare(path, ResizeRecipe.MlNetCrop, 32, pixels);
        float[] input = new float[pixels.Length];
        ChannelNormalization.For(PreprocessingFamily.KerasCaffe).Normalize(pixels, input, inPlanes: true);

        Near.Assert(ReferenceNetwork.Run(s_model, input)["block5_pool"], extractor.Extract(path), 1e-4);
    }

    [Fact]
    public void Path_bytes_and_pixels_give_the_same()
    {
        using var folder = new TemporaryFolder();
        string path = folder.AddClass("a", 1, colour: 0)[0];
        using FeatureExtractor extractor = Create();

        float[] features = extractor.Extract(path);

        Assert.Equal(96, extractor.Layer.Dimension(s_model.Architecture) + extractor.InputSize);
        Assert.Equal(features, extractor.Extract(File.ReadAllBytes(path), "a"));
        Assert.Equal(features, extractor.Extract(ImageDecoder.Decode(path)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void Batches_of_any_size_give_every_image_its_own_features_in_order(int batchSize)
    {
        using var folder = new TemporaryFolder();
        string[] paths = [.. folder.AddClass("a", 7, colour: 0), .. folder.AddClass("b", 6, colour: 1)];
        using FeatureExtractor extractor = Create(batchSize);

        ImageFeatures[] all = [.. extractor.ExtractAll(paths, TestContext.Current.CancellationToken)];

        Assert.Equal(paths, all.Select(features => features.Name));
        foreach (ImageFeatures features in all)
        {
            Near.Assert(extractor.Extract(features.Name), features.Values, 1e-5, features.Name);
        }
    }

    [Theory]
    [InlineData("b....")]
    [InlineData("..b..")]
    [InlineData("....b")]
    [InlineData(".bb.b.bbbbbb..")]
    [InlineData("bbb")]
    public void Bad_images_give_errors_in_their_place(string pattern)
    {
        using var folder = new TemporaryFolder();
        string[] good = folder.AddClass("a", pattern.Length, colour: 0);
        string bad = folder.File("bad.png");
        File.WriteAllBytes(bad, SampleImages.Png(40, 40)[..60]);
        string[] paths = [.. pattern.Select((c, i) => c == 'b' ? (i % 2 == 0 ? bad : folder.File("missing.png")) : good[i])];
        using FeatureExtractor extractor = Create(batchSize: 3);

        ImageFeatures[] all = [.. extractor.ExtractAll(paths, TestContext.Current.CancellationToken)];

        Assert.Equal(paths, all.Select(features => features.Name));
        Assert.Equal(pattern, string.Concat(all.Select(features => features.Values is null ? 'b' : '.')));
        foreach (ImageFeatures features in all)
        {
            Assert.Equal(features.Values is null, features.Error is not null);
            if (features.Values is not null)
            {
                Near.Assert(extractor.Extract(features.Name), features.Values, 1e-5, features.Name);
            }
            else
            {
                Assert.IsType(features.Name == bad ? typeof(InvalidImageException) : typeof(FileNotFoundException), features.Error);
            }
        }
    }

    [Fact]
    public void Many_threads_get_what_one_gets()
    {
        using var folder = new TemporaryFolder();
        string[] paths = folder.AddClass("a", 10, colour: 2);
        using FeatureExtractor extractor = Create(threads: 2);
        float[][] expected = [.. paths.Select(extractor.Extract)];

        Parallel.For(0, 16, new ParallelOptions { MaxDegreeOfParallelism = 16 }, thread =>
        {
            for (int call = 0; call < 20; call++)
            {
                int image = (thread + call) % paths.Length;
                Near.Assert(expected[image], extractor.Extract(paths[image]), 1e-5, paths[image]);
            }

            foreach ((int i, ImageFeatures features) in extractor.ExtractAll(paths, CancellationToken.None).Index())
            {
                Near.Assert(expected[i], features.Values, 1e-5, paths[i]);
            }
        });
    }

    [Fact]
    public void Paths_are_taken_as_needed_and_an_early_end_ends_the_work()
    {
        using var folder = new TemporaryFolder();
        string path = folder.AddClass("a", 1, colour: 0)[0];
        using FeatureExtractor extractor = Create(batchSize: 2);
        int taken = 0;

        string[] names = [.. extractor.ExtractAll(Endless(), TestContext.Current.CancellationToken).Take(5).Select(features => features.Name)];

        Assert.Equal(5, names.Length);
        Assert.InRange(taken, 5, 10);

        IEnumerable<string> Endless()
        {
            while (true)
            {
                taken++;
                yield return path;
            }
        }
    }

    [Fact]
    public void Cancellation_ends_the_work()
    {
        using var folder = new TemporaryFolder();
        string path = folder.AddClass("a", 1, colour: 0)[0];
        using FeatureExtractor extractor = Create(batchSize: 2);
        using var source = new CancellationTokenSource();
        int seen = 0;

        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (ImageFeatures _ in extractor.ExtractAll(Enumerable.Repeat(path, 1_000_000), source.Token))
            {
                if (++seen == 5)
                {
                    source.Cancel();
                }
            }
        });

        Assert.InRange(seen, 5, 6);
    }

    /// <summary>A buffer given back to the pool twice is rented twice, and then two batches overwrite each other.</summary>
    [Fact]
    public void Source_that_fails_half_way_leaves_the_features_of_others_intact()
    {
        using var folder = new TemporaryFolder();
        string[] paths = [.. folder.AddClass("a", 4, colour: 0), .. folder.AddClass("b", 4, colour: 1)];
        using FeatureExtractor extractor = Create(batchSize: 4);
        float[][] expected = [.. paths.Select(extractor.Extract)];
        for (int i = 0; i < 10; i++)
        {
            Assert.Throws<TimeZoneNotFoundException>(() => extractor.ExtractAll(paths.Take(4).Concat(Failing()), CancellationToken.None).Count());
        }

        Parallel.For(0, 40, _ =>
        {
            foreach ((int i, ImageFeatures features) in extractor.ExtractAll(paths, CancellationToken.None).Index())
            {
                Near.Assert(expected[i], features.Values, 1e-5, paths[i]);
            }
        });

        static IEnumerable<string> Failing()
        {
            throw new TimeZoneNotFoundException();
#pragma warning disable CS0162 // makes this an iterator
            yield break;
#pragma warning restore CS0162
        }
    }

    [Fact]
    public void Image_files_are_closed_at_once()
    {
        using var folder = new TemporaryFolder();
        string[] paths = folder.AddClass("a", 6, colour: 0);
        string bad = folder.File("bad.png");
        File.WriteAllBytes(bad, SampleImages.Png(40, 40)[..60]);
        using FeatureExtractor extractor = Create(batchSize: 2);

        Assert.Throws<InvalidImageException>(() => extractor.Extract(bad));
        foreach (ImageFeatures features in extractor.ExtractAll([.. paths, bad], TestContext.Current.CancellationToken))
        {
            File.Delete(features.Name);
        }

        Assert.Empty(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
        if (OperatingSystem.IsLinux())
        {
            Assert.DoesNotContain(OpenFiles(), file => file.StartsWith(folder.Path, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(257, 1)]
    [InlineData(1, 0)]
    [InlineData(1, 1025)]
    public void Options_out_of_range_are_refused(int batchSize, int threads) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Create(batchSize, threads));

    private static FeatureExtractor Create(int batchSize = 8, int threads = 1, FeatureLayer? layer = null) =>
        new(s_model, new FeatureExtractorOptions { Layer = layer ?? s_layer, BatchSize = batchSize, Threads = threads });

    private static IEnumerable<string> OpenFiles()
    {
        foreach (string handle in Directory.GetFileSystemEntries("/proc/self/fd"))
        {
            string? target = null;
            try
            {
                target = new FileInfo(handle).LinkTarget;
            }
            catch (IOException)
            {
                // Other tests close files of theirs meanwhile.
                continue;
            }

            yield return target ?? "";
        }
    }
}
