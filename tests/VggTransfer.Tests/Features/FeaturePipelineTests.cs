using System.Collections.Concurrent;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Quantization;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Features;

/// <summary>Batches, lanes and threads: none of them may show in the features.</summary>
public sealed class FeaturePipelineTests : IDisposable
{
    private static readonly VggModel s_model = RandomModels.CreateTrainable(
        new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 16, InputSize = 32, DenseUnits = 16, Classes = 3 });

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _paths;

    public FeaturePipelineTests() => _paths = [.. _folder.AddClass("a", 9, colour: 0), .. _folder.AddClass("b", 8, colour: 1)];

    [Theory]
    [InlineData(OnnxPrecision.Int8, 0)]
    [InlineData(OnnxPrecision.Float32, 1e-5)]
    public void Features_are_the_same_at_any_batch_size_and_number_of_threads(OnnxPrecision precision, double tolerance)
    {
        VggModel model = s_model.WithActivationRanges(ModelQuantizer.Measure(s_model, _paths, new QuantizationOptions { Method = RangeMethod.MinMax }, null, TestContext.Current.CancellationToken).Ranges);
        float[][]? expected = null;
        foreach (FeatureParallelism parallelism in Enum.GetValues<FeatureParallelism>())
        {
            foreach ((int batchSize, int threads) in ((int, int)[])[(1, 1), (3, 2), (8, 3), (16, 2), (2, 4), (256, 1)])
            {
                using FeatureExtractor extractor = new(model, new FeatureExtractorOptions { BatchSize = batchSize, Threads = threads, Parallelism = parallelism, Precision = precision });
                ImageFeatures[] all = [.. extractor.ExtractAll(_paths, TestContext.Current.CancellationToken)];

                Assert.Equal(_paths, all.Select(features => features.Name));
                expected ??= [.. _paths.Select(extractor.Extract)];
                for (int i = 0; i < all.Length; i++)
                {
                    if (tolerance == 0)
                    {
                        Assert.Equal(expected[i], all[i].Values);
                    }
                    else
                    {
                        Near.Assert(expected[i], all[i].Values, tolerance, all[i].Name);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(FeatureParallelism.Images, 3, 12)]
    [InlineData(FeatureParallelism.Layers, 2, 4)]
    public void No_more_threads_and_no_more_images_ahead_than_were_asked_for(FeatureParallelism parallelism, int threads, int batchSize)
    {
        using FeatureExtractor extractor = Create(parallelism, threads, batchSize);
        int working = 0, most = 0, taken = 0, given = 0, ahead = 0;
        IEnumerable<ImageInput> images = Enumerable.Range(0, 300).Select(i => new Probe(_paths[i % _paths.Length], () => { }, input =>
        {
            InterlockedMaximum(ref most, Interlocked.Increment(ref working));
            input();
            Interlocked.Decrement(ref working);
        })).Select(probe =>
        {
            taken++;
            return probe;
        });

        foreach (ImageFeatures features in extractor.ExtractAll(images, TestContext.Current.CancellationToken))
        {
            Assert.NotNull(features.Values);
            ahead = Math.Max(ahead, taken - ++given);
        }

        Assert.Equal(300, given);
        Assert.InRange(most, 1, threads * (parallelism == FeatureParallelism.Images ? 1 : 2));
        Assert.InRange(ahead, 1, 3 * batchSize);
    }

    /// <summary>Hot path: what one image leaves behind for the garbage collector, file to features.</summary>
    [Theory]
    [InlineData(FeatureParallelism.Images)]
    [InlineData(FeatureParallelism.Layers)]
    public void An_image_costs_little_memory_beyond_its_features(FeatureParallelism parallelism)
    {
        const int Images = 400, WarmUp = 100;
        using FeatureExtractor extractor = Create(parallelism, threads: 1, batchSize: 4);
        var counters = new ConcurrentDictionary<int, (long First, long Last, int Images)>();
        int started = 0;
        IEnumerable<ImageInput> images = Enumerable.Range(0, Images).Select(i => new Probe(_paths[i % _paths.Length], () =>
        {
            if (Interlocked.Increment(ref started) > WarmUp)
            {
                long now = GC.GetAllocatedBytesForCurrentThread();
                counters.AddOrUpdate(Environment.CurrentManagedThreadId, _ => (now, now, 0), (_, counter) => (counter.First, now, counter.Images + 1));
            }
        }, input => input()));

        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = extractor.ExtractAll(images, TestContext.Current.CancellationToken).Count();
        long caller = (GC.GetAllocatedBytesForCurrentThread() - before) / Images;

        Assert.Equal(Images, count);
        long workers = counters.Values.Sum(counter => counter.Last - counter.First) / Math.Max(1, counters.Values.Sum(counter => counter.Images));
        Assert.True(counters.Values.Sum(counter => counter.Images) > 100, "too few images on one thread to count");
        TestContext.Current.SendDiagnosticMessage("{0}: {1} bytes an image on the lanes, {2} on the caller's thread", parallelism, workers, caller);

        // Skia's wrappers and the open file. The pixels alone, as a file, decoded and resized, would be 12 KB for these
        // small images, and a megabyte for photos.
        Assert.InRange(workers, 0, 8000);
        Assert.InRange(caller, extractor.Dimension * 4, (extractor.Dimension * 4) + 1000);
    }

    [Theory]
    [InlineData(FeatureParallelism.Images)]
    [InlineData(FeatureParallelism.Layers)]
    public void Leaving_off_early_leaves_nothing_running(FeatureParallelism parallelism)
    {
        for (int i = 0; i < 20; i++)
        {
            int working = 0;
            FeatureExtractor extractor = Create(parallelism, threads: 2, batchSize: 4);
            IEnumerable<ImageInput> images = Endless(() => Interlocked.Increment(ref working), () => Interlocked.Decrement(ref working));
            Assert.Equal(i, extractor.ExtractAll(images, TestContext.Current.CancellationToken).Take(i).Count());
            Assert.Equal(0, working);
            extractor.Dispose();
        }
    }

    [Theory]
    [InlineData(FeatureParallelism.Images)]
    [InlineData(FeatureParallelism.Layers)]
    public void Cancellation_comes_as_such_and_leaves_the_extractor_usable(FeatureParallelism parallelism)
    {
        using FeatureExtractor extractor = Create(parallelism, threads: 2, batchSize: 4);
        for (int i = 0; i < 10; i++)
        {
            using var source = new CancellationTokenSource();
            int started = 0;
            IEnumerable<ImageInput> images = Endless(
                () =>
                {
                    if (Interlocked.Increment(ref started) == 5 + i)
                    {
                        source.Cancel();
                    }
                },
                () => { });

            Assert.ThrowsAny<OperationCanceledException>(() => extractor.ExtractAll(images, source.Token).Count());
        }

        Assert.Equal(_paths.Length, extractor.ExtractAll(_paths, TestContext.Current.CancellationToken).Count(features => features.Values is not null));
    }

    [Fact]
    public void What_goes_wrong_on_a_lane_reaches_the_caller()
    {
        using FeatureExtractor extractor = Create(FeatureParallelism.Images, threads: 2, batchSize: 4);
        IEnumerable<ImageInput> images = Endless(() => throw new TimeZoneNotFoundException(), () => { });

        Assert.Throws<TimeZoneNotFoundException>(() => extractor.ExtractAll(images, TestContext.Current.CancellationToken).Count());
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(FeatureParallelism.Images, ConvolutionAlgorithm.Direct)]
    [InlineData(FeatureParallelism.Images, ConvolutionAlgorithm.Winograd)]
    [InlineData(FeatureParallelism.Layers, ConvolutionAlgorithm.Direct)]
    public void Disposing_waits_for_batches_in_the_network_where_an_enumeration_was_left_open(FeatureParallelism parallelism, ConvolutionAlgorithm algorithm)
    {
        using var folder = new TemporaryFolder();
        string[] paths = [.. folder.AddClass("a", 24, colour: 0)];
        using VggModel model = RandomModels.CreateTrainable(new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 0.25, InputSize = 64, IncludeTop = false });
        for (int i = 0; i < 5; i++)
        {
            var extractor = new FeatureExtractor(model, new FeatureExtractorOptions { Parallelism = parallelism, Algorithm = algorithm, BatchSize = 4, Threads = 2 });
            using IEnumerator<ImageFeatures> open = extractor.ExtractAll(paths, TestContext.Current.CancellationToken).GetEnumerator();
            Assert.True(open.MoveNext());

            extractor.Dispose();

            Assert.Throws<ObjectDisposedException>(() =>
            {
                while (open.MoveNext())
                {
                }
            });
        }
    }

    private static FeatureExtractor Create(FeatureParallelism parallelism, int threads, int batchSize) =>
        new(s_model, new FeatureExtractorOptions { BatchSize = batchSize, Threads = threads, Parallelism = parallelism });

    private IEnumerable<ImageInput> Endless(Action before, Action after)
    {
        while (true)
        {
            yield return new Probe(_paths[0], before, input =>
            {
                input();
                after();
            });
        }
    }

    private static void InterlockedMaximum(ref int place, int value)
    {
        for (int seen = Volatile.Read(ref place); seen < value; seen = Volatile.Read(ref place))
        {
            Interlocked.CompareExchange(ref place, value, seen);
        }
    }

    /// <summary>A file, and what is to happen when its pixels are asked for.</summary>
    private sealed class Probe(string path, Action before, Action<Action> around) : ImageInput(path)
    {
        private readonly ImageInput _file = FromFile(path);

        public override void Prepare(FeatureExtractorOptions options, int size, Span<byte> destination)
        {
            before();
            byte[] pixels = Pixels.Value!.Length == destination.Length ? Pixels.Value : Pixels.Value = new byte[destination.Length];
            around(() => _file.Prepare(options, size, pixels));
            pixels.CopyTo(destination);
        }

        private static ThreadLocal<byte[]> Pixels { get; } = new(() => []);
    }
}
