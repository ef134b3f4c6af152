namespace VggTransfer.Serving;

/// <summary>
/// Places for so many callers at once. Who has waited longest gets the next one, whether it blocks a thread or not:
/// <see cref="SemaphoreSlim"/> promises no order, and under load some callers waited six times as long as others.
/// </summary>
internal sealed class FairSemaphore(int places)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _free = places;

    /// <summary>Takes a place if there is a free one.</summary>
    public bool TryEnter()
    {
        lock (_lock)
        {
            if (_free == 0)
            {
                return false;
            }

            _free--;
            return true;
        }
    }

    /// <summary>Takes a place, blocking until there is one.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; no place was taken.</exception>
    public void Enter(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Queue() is not { } turn)
        {
            return;
        }

        try
        {
            _ = Task.WaitAny([turn.Task], cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (!turn.TrySetCanceled(cancellationToken))
            {
                // The place came in the same moment.
                Leave();
            }

            throw;
        }
    }

    /// <summary>Takes a place once there is one.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; no place was taken.</exception>
    public async Task EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (Queue() is { } turn)
        {
            using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), turn);
            await turn.Task.ConfigureAwait(false);
        }
    }

    /// <summary>Gives a place back, to the first who still waits.</summary>
    public void Leave()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out TaskCompletionSource? next))
            {
                if (next.TrySetResult())
                {
                    return;
                }
            }

            _free++;
        }
    }

    /// <summary>Null where a place was free, and is taken now.</summary>
    private TaskCompletionSource? Queue()
    {
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return null;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(turn);
            return turn;
        }
    }
}
