namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Sets the learning rate at the beginning of each epoch, and adds it to the logs as <c>lr</c> (keras/src/callbacks.py).
/// </summary>
public class LearningRateScheduler : Callback
{
    private readonly Func<int, double, double> _schedule;
    private readonly int _verbose;

    /// <param name="schedule">From the epoch (from 0) and the rate so far to the rate of the epoch, 0 or more.</param>
    /// <param name="verbose">1 prints each rate, 0 nothing.</param>
    public LearningRateScheduler(Func<int, double, double> schedule, int verbose = 0)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        _schedule = schedule;
        _verbose = verbose;
    }

    /// <param name="schedule">From the epoch (from 0) to its rate, 0 or more.</param>
    /// <param name="verbose">1 prints each rate, 0 nothing.</param>
    public LearningRateScheduler(Func<int, double> schedule, int verbose = 0)
        : this(IgnoringRate(schedule), verbose) { }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The optimizer's rate follows a schedule of its own.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The function gave no usable rate.</exception>
    public override void OnEpochBegin(int epoch, Logs logs)
    {
        double rate = _schedule(epoch, Model.Optimizer.LearningRate);
        Model.Optimizer.LearningRate = rate;
        if (_verbose > 0)
        {
            Model.Print($"\nEpoch {epoch + 1}: LearningRateScheduler setting learning rate to {PythonFormat.Repr(rate)}.");
        }
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        ArgumentNullException.ThrowIfNull(logs);
        logs.SetSingle("lr", (float)Model.Optimizer.LearningRate);
    }

    private static Func<int, double, double> IgnoringRate(Func<int, double> schedule)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        return (epoch, _) => schedule(epoch);
    }
}
