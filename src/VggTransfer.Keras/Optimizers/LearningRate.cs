using VggTransfer.Keras.Schedules;

namespace VggTransfer.Keras.Optimizers;

/// <summary>A fixed learning rate, or a schedule; both convert to it.</summary>
public readonly struct LearningRate
{
    private readonly float _rate;

    private LearningRate(float rate, LearningRateSchedule? schedule)
    {
        _rate = rate;
        Schedule = schedule;
    }

    /// <summary>The schedule, or null for a fixed rate.</summary>
    public LearningRateSchedule? Schedule { get; }

    /// <summary>A fixed rate, 0 or more; kept in 4-byte floating point, as Keras does.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or no number.</exception>
    public static implicit operator LearningRate(double rate) =>
        double.IsFinite(rate) && rate >= 0 ? new((float)rate, null) : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A learning rate must be 0 or more.");

    /// <summary>A schedule.</summary>
    public static implicit operator LearningRate(LearningRateSchedule schedule) => new(0, schedule);

    /// <summary>The rate of an update.</summary>
    /// <param name="step">The number of updates before it.</param>
    public float At(long step) => Schedule?.At(step) ?? _rate;
}
