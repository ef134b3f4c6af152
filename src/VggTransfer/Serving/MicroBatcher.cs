using System.Diagnostics;
using System.Threading.RateLimiting;

namespace VggTransfer.Serving;

/// <summary>
/// Gathers inputs of many callers into batches for one worker thread. The worker waits for more only while calls are under
/// way that haven't brought their input yet, so that a lone caller pays nothing.
/// </summary>
/// <remarks>
/// A thread of its own, not one of the pool: callers that block pool threads while they wait can't starve what they wait for.
/// </remarks>
internal sealed class MicroBatcher<TInput, TResult> : IDisposable
    where TInput : class, IDisposable
{
    private readonly MicroBatchingOptions _options;
    private readonly Func<IReadOnlyList<TInput>, IReadOnlyList<TResult>> _run;
    private readonly ConcurrencyLimiter _places;
    private readonly object _lock = new();
    private readonly Queue<Item> _queue = new();
    private readonly Thread _worker;
    private int _coming;
    private bool _isClosed;

    /// <param name="options">Valid ones.</param>
    /// <param name="run">Gives one result for each input; called by one thread. The inputs are disposed afterwards.</param>
    public MicroBatcher(MicroBatchingOptions options, Func<IReadOnlyList<TInput>, IReadOnlyList<TResult>> run)
    {
        _options = options;
        _run = run;
        _places = FairPlaces.Create(options.QueueCapacity);
        _worker = new Thread(Work) { IsBackground = true, Name = "VggTransfer micro-batching" };
        _worker.Start();
    }

    /// <summary>Takes a place; others wait for its holder's input from now on. Dispose it at the end of the call.</summary>
    /// <param name="whenFull">What to do where there is none.</param>
    /// <param name="cancellationToken">Ends the waiting for one.</param>
    /// <exception cref="ClassifierOverloadedException">There is none, and the call shall be rejected then.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Place Enter(QueueFullBehavior whenFull, CancellationToken cancellationToken)
    {
        RateLimitLease lease = whenFull == QueueFullBehavior.Wait ? _places.Acquire(cancellationToken) : _places.AttemptAcquire();
        return lease.IsAcquired ? new Place(this, lease) : throw new ClassifierOverloadedException(_options.QueueCapacity);
    }

    /// <inheritdoc cref="Enter"/>
    public async Task<Place> EnterAsync(QueueFullBehavior whenFull, CancellationToken cancellationToken) => whenFull == QueueFullBehavior.Reject
        ? Enter(whenFull, cancellationToken)
        : new Place(this, await _places.AcquireAsync(1, cancellationToken).ConfigureAwait(false));

    /// <summary>Ends the worker once the queue is empty. Nobody may be inside any more but callers who gave up.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isClosed = true;
            Monitor.PulseAll(_lock);
        }

        _worker.Join();
        _places.Dispose();
    }

    private void Work()
    {
        while (TakeBatch() is { } batch)
        {
            Run(batch);
        }
    }

    /// <summary>The next batch, possibly an empty one where all callers gave up; null at the end.</summary>
    private List<Item>? TakeBatch()
    {
        lock (_lock)
        {
            while (_queue.Count == 0)
            {
                if (_isClosed)
                {
                    return null;
                }

                Monitor.Wait(_lock);
            }

            long begin = Stopwatch.GetTimestamp();
            while (_queue.Count < _options.MaxBatchSize && _coming > 0 && !_isClosed)
            {
                TimeSpan left = _options.MaxDelay - Stopwatch.GetElapsedTime(begin);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_lock, left))
                {
                    break;
                }
            }

            var batch = new List<Item>(Math.Min(_queue.Count, _options.MaxBatchSize));
            while (batch.Count < _options.MaxBatchSize && _queue.TryDequeue(out Item? item))
            {
                if (item.Result.Task.IsCompleted)
                {
                    item.Input.Dispose();
                }
                else
                {
                    batch.Add(item);
                }
            }

            return batch;
        }
    }

    private void Run(List<Item> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        ClassifierTelemetry.BatchSize.Record(batch.Count);
        try
        {
            IReadOnlyList<TResult> results = _run([.. batch.Select(item => item.Input)]);
            for (int i = 0; i < batch.Count; i++)
            {
                batch[i].Result.TrySetResult(results[i]);
            }
        }
        catch (Exception e)
        {
            // Whatever it is, it belongs to the callers: the worker goes on for the next ones.
            foreach (Item item in batch)
            {
                item.Result.TrySetException(e);
            }
        }
        finally
        {
            batch.ForEach(item => item.Input.Dispose());
        }
    }

    /// <summary>A call under way; for one thread at a time.</summary>
    internal sealed class Place : IDisposable
    {
        private readonly MicroBatcher<TInput, TResult> _batcher;
        private readonly RateLimitLease _lease;
        private bool _isComing = true;

        public Place(MicroBatcher<TInput, TResult> batcher, RateLimitLease lease)
        {
            _batcher = batcher;
            _lease = lease;
            lock (batcher._lock)
            {
                batcher._coming++;
            }
        }

        /// <summary>Hands the input over, which the batcher disposes, and blocks until its result is there.</summary>
        /// <exception cref="OperationCanceledException">The token was cancelled; the waiting ends at once.</exception>
        public TResult Run(TInput input, CancellationToken cancellationToken)
        {
            Item item = Enqueue(input);
            try
            {
                // Waits for the task itself: a continuation would need a thread of the pool, which callers may have used up.
                _ = Task.WaitAny([item.Result.Task], cancellationToken);
            }
            catch (OperationCanceledException)
            {
                item.Result.TrySetCanceled(cancellationToken);
                throw;
            }

            return item.Result.Task.GetAwaiter().GetResult();
        }

        /// <summary>Hands the input over, which the batcher disposes, and waits for its result.</summary>
        /// <exception cref="OperationCanceledException">The token was cancelled; the waiting ends at once.</exception>
        public async Task<TResult> RunAsync(TInput input, CancellationToken cancellationToken)
        {
            Item item = Enqueue(input);
            using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((Item)state!).Result.TrySetCanceled(token), item);
            return await item.Result.Task.ConfigureAwait(false);
        }

        public void Dispose()
        {
            if (_isComing)
            {
                lock (_batcher._lock)
                {
                    // The worker may be waiting for an input that won't come.
                    _batcher._coming--;
                    Monitor.Pulse(_batcher._lock);
                }
            }

            _lease.Dispose();
        }

        private Item Enqueue(TInput input)
        {
            var item = new Item(input);
            lock (_batcher._lock)
            {
                _isComing = false;
                _batcher._coming--;
                _batcher._queue.Enqueue(item);
                Monitor.Pulse(_batcher._lock);
            }

            return item;
        }
    }

    private sealed class Item(TInput input)
    {
        public TInput Input { get; } = input;

        public TaskCompletionSource<TResult> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
