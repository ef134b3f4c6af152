using VggTransfer.Serving;

namespace VggTransfer.Tests.Serving;

public sealed class FairSemaphoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Places_go_to_those_who_wait_in_their_order_and_never_to_a_newcomer()
    {
        var semaphore = new FairSemaphore(2);
        semaphore.Enter(Cancellation);
        Assert.True(semaphore.TryEnter());
        Assert.False(semaphore.TryEnter());
        using var stop = new CancellationTokenSource();
        Task first = semaphore.EnterAsync(Cancellation);
        Task impatient = semaphore.EnterAsync(stop.Token);
        Task last = semaphore.EnterAsync(Cancellation);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        semaphore.Leave();
        await first;
        Assert.False(last.IsCompleted);
        Assert.False(semaphore.TryEnter());
        semaphore.Leave();
        await last;
        semaphore.Leave();
        semaphore.Leave();

        Assert.True(semaphore.TryEnter());
        Assert.True(semaphore.TryEnter());
        Assert.False(semaphore.TryEnter());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => semaphore.EnterAsync(stop.Token));
        Assert.ThrowsAny<OperationCanceledException>(() => semaphore.Enter(stop.Token));
    }

    [Fact]
    public void No_place_is_lost_or_taken_twice_while_callers_come_go_and_give_up()
    {
        const int Places = 3;
        var semaphore = new FairSemaphore(Places);
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
                semaphore.Enter(stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            int now = Interlocked.Increment(ref inside);
            InterlockedMax(ref most, now);
            Thread.SpinWait(500);
            Interlocked.Decrement(ref inside);
            semaphore.Leave();
        });

        Assert.InRange(most, 1, Places);
        Assert.All(Enumerable.Range(0, Places), _ => Assert.True(semaphore.TryEnter()));
        Assert.False(semaphore.TryEnter());
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (int seen = target; seen < value; seen = target)
        {
            Interlocked.CompareExchange(ref target, value, seen);
        }
    }
}
