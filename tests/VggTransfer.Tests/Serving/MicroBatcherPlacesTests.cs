using VggTransfer.Serving;

namespace VggTransfer.Tests.Serving;

/// <summary>The places of a batcher, whose inputs never come.</summary>
public sealed class MicroBatcherPlacesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Places_go_to_those_who_wait_in_their_order_and_never_to_a_newcomer()
    {
        using MicroBatcher<Input, int> batcher = Create(2);
        var one = batcher.Enter(QueueFullBehavior.Wait, Cancellation);
        var two = batcher.Enter(QueueFullBehavior.Reject, Cancellation);
        AssertFull(batcher);
        using var stop = new CancellationTokenSource();
        var first = batcher.EnterAsync(QueueFullBehavior.Wait, Cancellation);
        Task impatient = batcher.EnterAsync(QueueFullBehavior.Wait, stop.Token);
        var last = batcher.EnterAsync(QueueFullBehavior.Wait, Cancellation);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        one.Dispose();
        var firstPlace = await first;
        Assert.False(last.IsCompleted);
        AssertFull(batcher);
        two.Dispose();
        var lastPlace = await last;
        firstPlace.Dispose();
        lastPlace.Dispose();

        AssertAllFree(batcher, 2);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => batcher.EnterAsync(QueueFullBehavior.Wait, stop.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => batcher.Enter(QueueFullBehavior.Wait, stop.Token));
    }

    [Fact]
    public void No_place_is_lost_or_taken_twice_while_callers_come_go_and_give_up()
    {
        const int Places = 3;
        using MicroBatcher<Input, int> batcher = Create(Places);
        int inside = 0, most = 0;
        Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 12 }, i =>
        {
            using var stop = new CancellationTokenSource();
            if (i % 3 == 0)
            {
                stop.CancelAfter(TimeSpan.FromMicroseconds(i));
            }

            try
            {
                using var place = batcher.Enter(QueueFullBehavior.Wait, stop.Token);
                int now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                Thread.SpinWait(500);
                Interlocked.Decrement(ref inside);
            }
            catch (OperationCanceledException)
            {
                // It gave up, as a third of them may.
                return;
            }
        });

        Assert.InRange(most, 1, Places);
        AssertAllFree(batcher, Places);
    }

    private static MicroBatcher<Input, int> Create(int places) => new(new MicroBatchingOptions { QueueCapacity = places }, inputs => new int[inputs.Count]);

    private static void AssertFull(MicroBatcher<Input, int> batcher) =>
        Assert.Throws<ClassifierOverloadedException>(() => batcher.Enter(QueueFullBehavior.Reject, Cancellation));

    private static void AssertAllFree(MicroBatcher<Input, int> batcher, int places)
    {
        IDisposable[] taken = [.. Enumerable.Range(0, places).Select(_ => batcher.Enter(QueueFullBehavior.Reject, Cancellation))];
        AssertFull(batcher);
        Array.ForEach(taken, place => place.Dispose());
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = target; seen < value; seen = target)
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }

    private sealed class Input : IDisposable
    {
        public void Dispose()
        {
        }
    }
}
