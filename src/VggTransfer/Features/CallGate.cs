namespace VggTransfer.Features;

/// <summary>Counts the calls under way, so that what they use is freed after the last of them and never under one.</summary>
internal sealed class CallGate
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;
    private bool _isClosed;

    /// <summary>Begins a call; dispose the lease at its end.</summary>
    /// <param name="owner">What the exception names.</param>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public Lease Enter(object owner) => TryEnter(out Lease lease) ? lease : throw new ObjectDisposedException(owner.GetType().FullName);

    /// <summary>Begins a call unless the gate is closed.</summary>
    public bool TryEnter(out Lease lease)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                lease = default;
                return false;
            }

            _calls++;
            lease = new Lease(this);
            return true;
        }
    }

    /// <summary>Lets no further call begin.</summary>
    /// <returns>Ends when the last call has ended.</returns>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_calls == 0)
            {
                _drained.TrySetResult();
            }

            return _drained.Task;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_calls == 0 && _isClosed)
            {
                _drained.TrySetResult();
            }
        }
    }

    /// <summary>A call under way.</summary>
    internal readonly struct Lease(CallGate gate) : IDisposable
    {
        public void Dispose() => gate.Leave();
    }
}
