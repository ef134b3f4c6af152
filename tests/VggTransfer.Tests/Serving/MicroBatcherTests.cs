using System.Collections.Concurrent;
using VggTransfer.Serving;

namespace VggTransfer.Tests.Serving;

/// <summary>The batcher alone, on numbers that it doubles.</summary>
public sealed class MicroBatcherTests
{
    private static readonly MicroBatchingOptions s_patient = new() { MaxBatchSize = 4, MaxDelay = TimeSpan.FromSeconds(1) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Everybody_gets_the_result_of_its_own_input_and_no_batch_is_too_large()
    {
        var sizes = new ConcurrentBag<int>();
        var inputs = new ConcurrentBag<Input>();
        using (var batcher = new MicroBatcher<Input, int>(new MicroBatchingOptions { MaxBatchSize = 4 }, batch =>
        {
            sizes.Add(batch.Count);
            return [.. batch.Select(input => 2 * input.Value)];
        }))
        {
            Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i =>
            {
                var input = new Input(i);
                inputs.Add(input);
                using var place = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
                Assert.Equal(2 * i, place.Run(input, Cancellation));
            });
        }

        Assert.Equal(400, sizes.Sum());
        Assert.InRange(sizes.Max(), 1, 4);
        Assert.All(inputs, input => Assert.Equal(1, input.Disposals));
    }

    [Fact]
    public async Task Calls_under_way_are_waited_for_and_share_a_run()
    {
        var sizes = new ConcurrentQueue<int>();
        using var batcher = new MicroBatcher<Input, int>(s_patient, batch => Count(batch, sizes));
        using var first = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
        using var second = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
        using var given = batcher.Enter(QueueFullBehavior.Wait, Cancellation);

        Task<int> one = first.RunAsync(new Input(1), Cancellation);
        given.Dispose();
        Task<int> two = second.RunAsync(new Input(2), Cancellation);

        int[] results = await Task.WhenAll(one, two);
        Assert.Equal([2, 4], results);
        Assert.Equal([2], sizes);
    }

    [Fact]
    public async Task One_that_gives_up_disturbs_nobody()
    {
        using var running = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        using var batcher = new MicroBatcher<Input, int>(s_patient, batch =>
        {
            running.Set();
            goOn.Wait(Cancellation);
            return Double(batch);
        });
        Input abandoned = new(2), abandonedToo = new(3);
        {
            using var first = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
            Task<int> inTheNetwork = first.RunAsync(new Input(1), Cancellation);
            running.Wait(Cancellation);
            using var stop = new CancellationTokenSource();
            using var second = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
            using var third = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
            using var fourth = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
            Task<int> impatient = second.RunAsync(abandoned, stop.Token);
            Task impatientThread = Task.Run(() => third.Run(abandonedToo, stop.Token), Cancellation);
            Task<int> patient = fourth.RunAsync(new Input(4), Cancellation);

            // Both come back although the worker is busy.
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatientThread);
            goOn.Set();

            int[] results = await Task.WhenAll(inTheNetwork, patient);
            Assert.Equal([2, 8], results);
        }

        batcher.Dispose();
        Assert.Equal((1, 1), (abandoned.Disposals, abandonedToo.Disposals));
    }

    [Fact]
    public async Task Beyond_the_capacity_calls_are_rejected_or_wait()
    {
        using var batcher = new MicroBatcher<Input, int>(s_patient with { QueueCapacity = 2 }, Double);
        var first = batcher.Enter(QueueFullBehavior.Reject, Cancellation);
        using var second = batcher.Enter(QueueFullBehavior.Reject, Cancellation);

        ClassifierOverloadedException exception = Assert.Throws<ClassifierOverloadedException>(() => batcher.Enter(QueueFullBehavior.Reject, Cancellation));
        await Assert.ThrowsAsync<ClassifierOverloadedException>(() => batcher.EnterAsync(QueueFullBehavior.Reject, Cancellation));
        var waiting = batcher.EnterAsync(QueueFullBehavior.Wait, Cancellation);
        Assert.False(waiting.IsCompleted);
        first.Dispose();
        using var third = await waiting;

        Assert.Equal(2, exception.Capacity);
        Assert.Equal(6, await third.RunAsync(new Input(3), Cancellation));
    }

    [Fact]
    public async Task A_run_that_fails_fails_its_callers_and_no_later_ones()
    {
        using var batcher = new MicroBatcher<Input, int>(s_patient, batch => batch[0].Value < 0 ? throw new InvalidDataException("negative") : Double(batch));
        using var bad = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
        var input = new Input(-1);

        await Assert.ThrowsAsync<InvalidDataException>(() => bad.RunAsync(input, Cancellation));
        using var good = batcher.Enter(QueueFullBehavior.Wait, Cancellation);

        Assert.Equal(2, good.Run(new Input(1), Cancellation));
        Assert.Equal(1, input.Disposals);
    }

    [Theory]
    [InlineData(1, 5, 256, "MaxBatchSize is 1, and must be 2 to 256.")]
    [InlineData(8, 1001, 256, "MaxDelay is 00:00:01.0010000, and must be 0 to 1 second.")]
    [InlineData(8, 5, 0, "QueueCapacity is 0, and must be 1 to 1,000,000.")]
    public void Options_out_of_their_range_are_refused(int batch, int milliseconds, int capacity, string message)
    {
        var options = new MicroBatchingOptions { MaxBatchSize = batch, MaxDelay = TimeSpan.FromMilliseconds(milliseconds), QueueCapacity = capacity };
        Assert.StartsWith(message, Assert.Throws<ArgumentOutOfRangeException>(options.Validate).Message, StringComparison.Ordinal);
    }

    private static int[] Double(IReadOnlyList<Input> batch) => [.. batch.Select(input => 2 * input.Value)];

    private static int[] Count(IReadOnlyList<Input> batch, ConcurrentQueue<int> sizes)
    {
        sizes.Enqueue(batch.Count);
        return Double(batch);
    }

    private sealed class Input(int value) : IDisposable
    {
        private int _disposals;

        public int Value { get; } = value;

        public int Disposals => _disposals;

        public void Dispose() => Interlocked.Increment(ref _disposals);
    }
}
