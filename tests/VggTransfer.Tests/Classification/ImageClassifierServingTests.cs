using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Serving;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Classification;

/// <summary>What an application may count on: many threads, streams, limits, time-outs, an orderly end.</summary>
public sealed class ImageClassifierServingTests : IDisposable
{
    private static readonly Lazy<byte[]> s_model = new(() => ClassifierFixture.Save(32));
    private static readonly Lazy<byte[]> s_largeModel = new(() => ClassifierFixture.Save(96));

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _paths;

    public ImageClassifierServingTests()
    {
        File.WriteAllBytes(_folder.File("model.zip"), s_model.Value);
        _paths = [.. Enumerable.Range(0, 3).SelectMany(colour => _folder.AddClass($"class-{colour}", 4, colour))];
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    public static TheoryData<MicroBatchingOptions?> Ways() => [(MicroBatchingOptions?)null, new MicroBatchingOptions { MaxBatchSize = 16 }, new MicroBatchingOptions { MaxBatchSize = 3, QueueCapacity = 5, MaxDelay = TimeSpan.Zero }];

    [Theory]
    [MemberData(nameof(Ways))]
    public void From_64_threads_every_answer_is_that_of_one_thread(MicroBatchingOptions? batching) => AskFrom64Threads(batching);

    [Theory]
    [MemberData(nameof(Ways))]
    public void From_64_threads_every_answer_is_that_of_one_thread_by_Winograds_method_too(MicroBatchingOptions? batching)
    {
        File.WriteAllBytes(_folder.File("model.zip"), s_largeModel.Value);
        AskFrom64Threads(batching);
    }

    [Fact]
    public void Way_of_computing_can_be_chosen_and_changes_millionths()
    {
        File.WriteAllBytes(_folder.File("model.zip"), s_largeModel.Value);
        using ImageClassifier direct = Load(new ImageClassifierOptions { Algorithm = ConvolutionAlgorithm.Direct });
        using ImageClassifier usual = Load();
        foreach (string path in _paths)
        {
            ImagePrediction expected = direct.Classify(path);
            ImagePrediction actual = usual.Classify(path);
            Assert.Equal(expected.Label, actual.Label);
            Assert.Equal(expected.Probability, actual.Probability, 1e-5);
        }
    }

    /// <summary>Its graph ends before the last block, which Winograd's method needn't know.</summary>
    [Fact]
    public void A_head_on_block_4_is_computed_by_either_method()
    {
        var options = ClassifierFixture.Options with { InputSize = 96, Layer = FeatureLayer.Parse("block4_pool:avg"), Precision = OnnxPrecision.Float32 };
        using (TrainedImageClassifier trained = ImageClassifierTrainer.Train(ImageFolder.Open(_folder.Path, Cancellation), options, cancellationToken: Cancellation))
        {
            trained.Save(_folder.File("model.zip"));
        }

        using ImageClassifier direct = Load(new ImageClassifierOptions { Algorithm = ConvolutionAlgorithm.Direct });
        using ImageClassifier usual = Load();
        Assert.All(_paths, path => Assert.Equal(direct.Classify(path).Probability, usual.Classify(path).Probability, 1e-5));
    }

    private void AskFrom64Threads(MicroBatchingOptions? batching)
    {
        using ImageClassifier alone = Load();
        ImagePrediction[] expected = [.. _paths.Select(alone.Classify)];
        using ImageClassifier shared = Load(new ImageClassifierOptions { MicroBatching = batching });

        // Threads of their own: those of the pool would come one by one.
        Exception?[] failures = new Exception?[64];
        Thread[] threads = [.. Enumerable.Range(0, failures.Length).Select(t => new Thread(() =>
        {
            try
            {
                for (int call = 0; call < 10; call++)
                {
                    int i = (t + call) % _paths.Length;
                    AssertEqual(expected[i], call % 2 == 0 ? shared.Classify(_paths[i]) : shared.ClassifyAsync(_paths[i]).GetAwaiter().GetResult());
                }
            }
            catch (Exception e)
            {
                failures[t] = e;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.All(failures, Assert.Null);
    }

    [Fact]
    public async Task Every_form_of_a_call_gives_the_same()
    {
        using ImageClassifier classifier = Load();
        ImagePrediction expected = classifier.Classify(_paths[0]);
        byte[] bytes = await File.ReadAllBytesAsync(_paths[0], Cancellation);
        await using FileStream stream = File.OpenRead(_paths[0]);

        AssertEqual(expected, classifier.Classify(bytes, _paths[0]));
        AssertEqual(expected, classifier.Classify(new MemoryStream(bytes), _paths[0]));
        AssertEqual(expected, await classifier.ClassifyAsync(_paths[0], Cancellation));
        AssertEqual(expected, await classifier.ClassifyAsync(bytes, _paths[0], Cancellation));
        AssertEqual(expected, await classifier.ClassifyAsync(stream, _paths[0], Cancellation));
        Assert.Equal("image", classifier.Classify(bytes).Name);
        Assert.Equal(expected.Classes.Take(2), expected.Top(2));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_stream_of_images_gives_results_in_their_order(MicroBatchingOptions? batching)
    {
        using ImageClassifier classifier = Load(new ImageClassifierOptions { MicroBatching = batching, BatchSize = 4 });
        string bad = _folder.File("bad.png");
        await File.WriteAllTextAsync(bad, "no image", Cancellation);
        string[] paths = [.. _paths, bad, _folder.File("missing.png"), .. _paths];
        ImagePrediction[] expected = [.. _paths.Select(classifier.Classify)];

        ImagePrediction[] files = await classifier.ClassifyAllAsync(paths.ToAsyncEnumerable(), Cancellation).ToArrayAsync(Cancellation);
        ImagePrediction[] contents = await classifier.ClassifyAllAsync(
            _paths.Select(path => new ImageContent(path, File.ReadAllBytes(path))).ToAsyncEnumerable(), Cancellation).ToArrayAsync(Cancellation);

        Assert.Equal(paths, files.Select(prediction => prediction.Name));
        Assert.Equal([bad, _folder.File("missing.png")], files.Where(prediction => prediction.Error is not null).Select(prediction => prediction.Name));
        Assert.All(expected.Index(), pair =>
        {
            AssertEqual(pair.Item, files[pair.Index]);
            AssertEqual(pair.Item, files[pair.Index + _paths.Length + 2]);
            AssertEqual(pair.Item, contents[pair.Index]);
        });
    }

    [Fact]
    public async Task A_result_comes_before_the_next_image_does()
    {
        using ImageClassifier classifier = Load();
        var second = new TaskCompletionSource<string>();
        async IAsyncEnumerable<string> Slow()
        {
            yield return _paths[0];
            yield return await second.Task;
        }

        await using IAsyncEnumerator<ImagePrediction> predictions = classifier.ClassifyAllAsync(Slow(), Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.True(await predictions.MoveNextAsync());
        second.SetResult(_paths[1]);
        Assert.True(await predictions.MoveNextAsync());
        Assert.Equal(_paths[1], predictions.Current.Name);
        Assert.False(await predictions.MoveNextAsync());
    }

    [Fact]
    public async Task A_stream_may_be_left_early_cancelled_or_fail()
    {
        var classifier = Load(new ImageClassifierOptions { BatchSize = 8 });
        int taken = 0;
        async IAsyncEnumerable<string> Endless([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                taken++;
                yield return _paths[0];
                await Task.Yield();
            }
        }

        await foreach (ImagePrediction prediction in classifier.ClassifyAllAsync(Endless(Cancellation), Cancellation))
        {
            Assert.Null(prediction.Error);
            break;
        }

        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ImagePrediction _ in classifier.ClassifyAllAsync(Endless(Cancellation), stop.Token))
            {
                await stop.CancelAsync();
            }
        });
        await Assert.ThrowsAsync<InvalidDataException>(async () => await classifier.ClassifyAllAsync(
            AsyncEnumerable.Range(0, 3).Select(i => i < 2 ? _paths[i] : throw new InvalidDataException("source")), Cancellation).ToArrayAsync(Cancellation));

        // Two batches ahead and no further, and nothing is left that would keep the classifier open.
        Assert.InRange(taken, 2, 60);
        await classifier.DisposeAsync();
    }

    [Fact]
    public async Task Disposing_waits_for_the_calls_under_way_and_refuses_later_ones()
    {
        ImageClassifier classifier = Load();
        var upload = new SlowStream(await File.ReadAllBytesAsync(_paths[0], Cancellation));
        Task<ImagePrediction> call = classifier.ClassifyAsync(upload, "upload", Cancellation);

        Task disposal = classifier.DisposeAsync().AsTask();
        Assert.Throws<ObjectDisposedException>(() => classifier.Classify(_paths[0]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => classifier.ClassifyAsync(_paths[0], Cancellation));
        Assert.Throws<ObjectDisposedException>(() => classifier.ClassifyAll(_paths, Cancellation).First());
        Assert.False(disposal.IsCompleted);
        upload.GoOn.SetResult();

        Assert.NotNull((await call).Label);
        await disposal;
        classifier.Dispose();
    }

    [Fact]
    public async Task A_call_that_takes_too_long_or_is_cancelled_ends()
    {
        using ImageClassifier classifier = Load(new ImageClassifierOptions { Timeout = TimeSpan.FromMilliseconds(50) });
        TimeoutException timeout = await Assert.ThrowsAsync<TimeoutException>(() => classifier.ClassifyAsync(new SlowStream([]), "upload", Cancellation));
        using var stop = new CancellationTokenSource();
        using ImageClassifier patient = Load();
        Task<ImagePrediction> call = patient.ClassifyAsync(new SlowStream([]), "upload", stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("Classifying 'upload' took longer than the 0.05 s that Timeout allows.", timeout.Message);
    }

    [Fact]
    public async Task Too_many_bytes_or_pixels_are_refused()
    {
        using ImageClassifier small = Load(new ImageClassifierOptions { MaxBytes = 300 });
        using ImageClassifier flat = Load(new ImageClassifierOptions { MaxPixels = 39 * 40 });
        byte[] bytes = await File.ReadAllBytesAsync(_paths[0], Cancellation);

        Assert.Contains("300", Assert.Throws<InvalidImageException>(() => small.Classify(_paths[0])).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidImageException>(() => small.Classify(bytes));
        Assert.Throws<InvalidImageException>(() => small.Classify(new MemoryStream(bytes)));
        await Assert.ThrowsAsync<InvalidImageException>(() => small.ClassifyAsync(new MemoryStream(bytes), "upload", Cancellation));
        Assert.Contains("pixels", Assert.Throws<InvalidImageException>(() => flat.Classify(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_are_free_again_after_a_call()
    {
        using ImageClassifier classifier = Load();
        classifier.Classify(_paths[0]);
        using (File.Open(_paths[0], FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
        }

        using (File.Open(_folder.File("model.zip"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
        }

        // On Linux a lock says nothing of files that are mapped.
        if (OperatingSystem.IsLinux())
        {
            Assert.DoesNotContain(_folder.Path, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Calls_are_measured_and_traced()
    {
        using ImageClassifier classifier = Load(new ImageClassifierOptions { MicroBatching = new MicroBatchingOptions() });
        var durations = new List<string?>();
        var batches = new List<int>();
        var activities = new List<Activity>();
        var mine = new AsyncLocal<bool> { Value = true };
        using var meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == ImageClassifierTelemetry.MeterName)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
        {
            // Other tests classify, too.
            if (mine.Value)
            {
                Assert.Equal(("vggtransfer.classify.duration", "s"), (instrument.Name, instrument.Unit));
                Assert.InRange(value, 0, 600);
                durations.Add(tags.Length == 0 ? null : (string?)tags[0].Value);
            }
        });
        using var sources = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ImageClassifierTelemetry.ActivitySourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => mine.Value ? ActivitySamplingResult.AllData : ActivitySamplingResult.None,
            ActivityStopped = activities.Add,
        };
        meters.Start();
        ActivitySource.AddActivityListener(sources);

        ImagePrediction prediction = classifier.Classify(_paths[0]);
        Assert.Throws<InvalidImageException>(() => classifier.Classify(new byte[10], "bad"));

        Assert.Equal([null, typeof(InvalidImageException).FullName], durations);
        Assert.Equal(["classify image", "classify image"], activities.Select(activity => activity.OperationName));
        Assert.Equal(prediction.Label, activities[0].GetTagItem("vggtransfer.label"));
        Assert.Equal(ActivityStatusCode.Error, activities[1].Status);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        Assert.StartsWith("Timeout is 00:00:00", Assert.Throws<ArgumentOutOfRangeException>(() => Load(new ImageClassifierOptions { Timeout = TimeSpan.Zero })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => Load(new ImageClassifierOptions { MaxBytes = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Load(new ImageClassifierOptions { MaxPixels = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Load(new ImageClassifierOptions { MicroBatching = new MicroBatchingOptions { MaxBatchSize = 0 } }));
    }

    private ImageClassifier Load(ImageClassifierOptions? options = null) => ImageClassifier.Load(_folder.File("model.zip"), options ?? new ImageClassifierOptions());

    /// <summary>To the last bit.</summary>
    private static void AssertEqual(ImagePrediction expected, ImagePrediction actual)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Classes, actual.Classes);
        Assert.Equal(expected.Novelty, actual.Novelty);
    }

    /// <summary>A sender that takes its time.</summary>
    private sealed class SlowStream(byte[] content) : MemoryStream(content)
    {
        public TaskCompletionSource GoOn { get; } = new();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await GoOn.Task.WaitAsync(cancellationToken);
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
