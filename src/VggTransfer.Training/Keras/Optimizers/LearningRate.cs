using VggTransfer.Keras.Schedules;

namespace VggTransfer.Keras.Optimizers;

/// <summary>A fixed learning rate, or a schedule; both convert to it.</summary>
public readonly struct LearningRate
{
    private readonly double _rate;

    private LearningRate(double rate, LearningRateSchedule? schedule)
    {
        _rate = rate;
        Schedule = schedule;
    }

    /// <summary>The schedule, or null for a fixed rate.</summary>
    public LearningRateSchedule? Schedule { get; }

    /// <summary>A fixed rate, 0 or more; used in 4-byte floating point, as Keras does, unless the model computes in 8-byte.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or no number.</exception>
    public static implicit operator LearningRate(double rate) =>
        double.IsFinite(rate) && rate >= 0 ? new(rate, null) : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A learning rate must be 0 or more.");

    /// <summary>A schedule.</summary>
    public static implicit operator LearningRate(LearningRateSchedule schedule) => new(0, schedule);

    /// <summary>The rate of an update.</summary>
    /// <param name="step">The number of updates before it.</param>
    public float At(long step) => (float)ExactAt(step);

    /// <summary>The rate of an update, a fixed one as it was given: Keras keeps it in the type of the weights.</summary>
    internal double ExactAt(long step) => Schedule?.At(step) ?? _rate;
}
