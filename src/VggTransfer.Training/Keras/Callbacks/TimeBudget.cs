using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Ends a training so that it is done, last validation included, when its time is over. After an epoch it ends where another
/// one, as long as the longest so far, wouldn't fit any more; within an epoch, after a step, only where there is just time left
/// for the validation, as long as the longest so far. What is best by then is kept as usual, by <see cref="EarlyStopping"/> with
/// <c>restoreBestWeights</c> or by <see cref="ModelCheckpoint"/>. A training that was interrupted and goes on has used the time
/// that it was at work before; the pause doesn't count.
/// </summary>
public class TimeBudget : Callback
{
    private readonly TimeSpan _budget;
    private TimeSpan _usedBefore;
    private long _start;
    private TimeSpan _epochStart;
    private TimeSpan _testStart;
    private bool _isInEpoch;

    /// <param name="budget">The time of the training, from its beginning to its end, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">It isn't above 0.</exception>
    public TimeBudget(TimeSpan budget)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(budget, TimeSpan.Zero);
        _budget = budget;
    }

    /// <summary>The time used so far; after the training, all that it took.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>The time of the longest whole epoch so far, with its validation; zero before the first one's end.</summary>
    public TimeSpan EpochTime { get; private set; }

    /// <summary>The time of the longest validation so far; zero before the first one's end.</summary>
    public TimeSpan ValidationTime { get; private set; }

    /// <summary>Whether it was this callback that ended the training.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Whether it ended within an epoch, before all its steps were done.</summary>
    public bool StoppedWithinEpoch { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs)
    {
        _usedBefore = TimeSpan.Zero;
        _start = Model.Clock.GetTimestamp();
        (Elapsed, EpochTime, ValidationTime) = (TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        (Stopped, StoppedWithinEpoch, _isInEpoch) = (false, false, false);
    }

    /// <inheritdoc/>
    public override void OnEpochBegin(int epoch, Logs logs)
    {
        _epochStart = Now();
        _isInEpoch = true;
    }

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(int batch, Logs logs)
    {
        // After an epoch's last step it is the epoch's end that decides.
        if (Now() + ValidationTime >= _budget && batch + 1 != Parameters.Steps)
        {
            Stop();
            StoppedWithinEpoch = true;
        }
    }

    /// <inheritdoc/>
    public override void OnTestBegin(Logs logs) => _testStart = Now();

    /// <inheritdoc/>
    public override void OnTestEnd(Logs logs)
    {
        // Evaluations outside of trainings have no budget.
        if (_isInEpoch)
        {
            ValidationTime = Longer(ValidationTime, Now() - _testStart);
        }
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        TimeSpan now = Now();
        _isInEpoch = false;
        if (!StoppedWithinEpoch)
        {
            EpochTime = Longer(EpochTime, now - _epochStart);
        }

        if (now + EpochTime > _budget && epoch + 1 < Parameters.Epochs && !Model.StopTraining)
        {
            Stop();
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(Logs logs) => Now();

    /// <inheritdoc/>
    protected internal override IReadOnlyDictionary<string, NDArray> SaveState() => new Dictionary<string, NDArray>(StringComparer.Ordinal)
    {
        ["seconds"] = NDArray.From([Now().TotalSeconds, EpochTime.TotalSeconds, ValidationTime.TotalSeconds, _epochStart.TotalSeconds]),
        ["flags"] = NDArray.From([Stopped ? 1 : 0, StoppedWithinEpoch ? 1 : 0, _isInEpoch ? 1 : 0]),
    };

    /// <inheritdoc/>
    protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        double[] seconds = state.Numbers("seconds", 4);
        if (!Array.TrueForAll(seconds, value => value >= 0 && value < TimeSpan.MaxValue.TotalSeconds))
        {
            throw new ArgumentException("The saved state of a callback holds a time that is none.", nameof(state));
        }

        int[] flags = state.Integers("flags", 3);
        _start = Model.Clock.GetTimestamp();
        _usedBefore = TimeSpan.FromSeconds(seconds[0]);
        EpochTime = TimeSpan.FromSeconds(seconds[1]);
        ValidationTime = TimeSpan.FromSeconds(seconds[2]);
        _epochStart = TimeSpan.FromSeconds(seconds[3]);
        (Stopped, StoppedWithinEpoch, _isInEpoch) = (flags[0] == 1, flags[1] == 1, flags[2] == 1);
        Elapsed = _usedBefore;
    }

    private TimeSpan Now() => Elapsed = _usedBefore + Model.Clock.GetElapsedTime(_start);

    private void Stop()
    {
        Stopped = true;
        Model.StopTraining = true;
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
