namespace VggTransfer.Features;

/// <summary>
/// Batches on their way from files to features. A few lanes each take the next waiting batch, prepare its pixels and run it
/// through the network, so decoding and inference overlap; batches come out in the order in which they went in, and only so many
/// are in it at a time, whatever the number of images.
/// </summary>
/// <remarks>One thread puts batches in and takes them out. Disposing it waits for the lanes.</remarks>
internal sealed class FeaturePipeline : IDisposable
{
    private readonly Action<FeatureBatch, CancellationToken> _work;
    private readonly int _lanes;
    private readonly int _room;
    private readonly Lock _lock = new();
    private readonly Queue<FeatureBatch> _waiting = new();
    private readonly Queue<FeatureBatch> _underWay = new();
    private readonly List<Task> _running = [];
    private readonly CancellationToken _cancelled;
    private readonly CancellationTokenSource _stop;
    private int _busy;

    /// <param name="lanes">Batches that are worked on at a time.</param>
    /// <param name="room">Batches that may be in it at a time.</param>
    /// <param name="work">Prepares and runs a batch; the token says when to leave off.</param>
    /// <param name="cancellationToken">Ends the work as soon as the layers under way are done.</param>
    public FeaturePipeline(int lanes, int room, Action<FeatureBatch, CancellationToken> work, CancellationToken cancellationToken)
    {
        _lanes = lanes;
        _room = room;
        _work = work;
        _cancelled = cancellationToken;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    /// <summary>Whether another batch may be put in.</summary>
    public bool HasRoom => _underWay.Count < _room;

    /// <summary>Whether there are batches to take out.</summary>
    public bool IsEmpty => _underWay.Count == 0;

    public void Add(FeatureBatch batch)
    {
        _underWay.Enqueue(batch);
        lock (_lock)
        {
            _waiting.Enqueue(batch);
            if (_busy == _lanes)
            {
                return;
            }

            _busy++;
        }

        _running.RemoveAll(task => task.IsCompleted);

        // A thread of its own: inference would hold one of the pool's few for seconds.
        _running.Add(Task.Factory.StartNew(DrainWaiting, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
    }

    /// <summary>Waits for the oldest batch.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public FeatureBatch Take()
    {
        FeatureBatch batch = _underWay.Dequeue();
        batch.Wait(_cancelled);
        return batch;
    }

    public void Dispose()
    {
        // Also where the caller stops early: nobody wants what is under way, and nothing may go on in a network about to be disposed.
        _stop.Cancel();
        Task.WaitAll([.. _running]);
        _stop.Dispose();
    }

    private void DrainWaiting()
    {
        while (true)
        {
            FeatureBatch? batch;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out batch))
                {
                    _busy--;
                    return;
                }
            }

            Exception? failure = null;
            try
            {
                _stop.Token.ThrowIfCancellationRequested();
                _work(batch, _stop.Token);
            }
            catch (Exception e)
            {
                // It is thrown where the batch is waited for.
                failure = e;
            }

            batch.Complete(failure);
        }
    }
}
