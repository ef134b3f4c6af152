using VggTransfer.Keras.Data;

namespace VggTransfer.Tests.Keras.Data;

public class PrefetcherTests
{
    [Fact]
    public void Batches_are_made_on_another_thread_and_not_too_far_ahead()
    {
        int made = 0;
        int thread = Environment.CurrentManagedThreadId;
        IEnumerable<Batch> Make()
        {
            Assert.NotEqual(thread, Environment.CurrentManagedThreadId);
            for (int i = 0; i < 20; i++)
            {
                Interlocked.Increment(ref made);
                yield return One(i);
            }
        }

        int read = 0;
        foreach (Batch batch in Prefetcher.Read(_ => Make(), count: 3, TestContext.Current.CancellationToken))
        {
            Assert.Equal(read, (int)batch.X.ToSingles()[0]);
            read++;
            Thread.Sleep(2);

            // Those that are ready, and one that waits for a place.
            Assert.InRange(Volatile.Read(ref made), read, read + 4);
        }

        Assert.Equal(20, read);
    }

    [Fact]
    public void A_failure_comes_behind_the_batches_before_it()
    {
        static IEnumerable<Batch> Make()
        {
            yield return One(0);
            yield return One(1);
            throw new InvalidDataException("broken");
        }

        int read = 0;
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() =>
        {
            foreach (Batch batch in Prefetcher.Read(_ => Make(), count: 8, TestContext.Current.CancellationToken))
            {
                Assert.Equal(1, batch.Count);
                read++;
            }
        });
        Assert.Equal("broken", exception.Message);
        Assert.Equal(2, read);
    }

    [Fact]
    public void A_reader_that_stops_early_ends_the_thread()
    {
        bool ended = false;
        IEnumerable<Batch> Make()
        {
            try
            {
                for (int i = 0; ; i++)
                {
                    yield return One(i);
                }
            }
            finally
            {
                ended = true;
            }
        }

        Assert.Equal(3, Prefetcher.Read(_ => Make(), count: 2, TestContext.Current.CancellationToken).Take(3).Count());
        Assert.True(ended);
    }

    [Fact]
    public void Cancelling_ends_the_reading_even_while_the_source_is_slow()
    {
        using var source = new CancellationTokenSource();
        IEnumerable<Batch> Make(CancellationToken token)
        {
            yield return One(0);
            source.Cancel();
            token.WaitHandle.WaitOne();
            token.ThrowIfCancellationRequested();
        }

        Assert.ThrowsAny<OperationCanceledException>(() => Prefetcher.Read(Make, count: 2, source.Token).Count());
    }

    private static Batch One(int value) => new(NDArray.From([(float)value], 1, 1));
}
