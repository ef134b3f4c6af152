namespace VggTransfer.Keras.Schedules;

/// <summary><c>initialLearningRate / (1 + decayRate * iteration / decaySteps)</c>.</summary>
public sealed class InverseTimeDecay : LearningRateSchedule
{
    /// <param name="initialLearningRate">The first rate, 0 or more.</param>
    /// <param name="decaySteps">How many updates count as one, above 0.</param>
    /// <param name="decayRate">What each adds to the divisor, 0 or more.</param>
    /// <param name="staircase">Whether the rate falls at whole multiples of <paramref name="decaySteps"/> only.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public InverseTimeDecay(double initialLearningRate, double decaySteps, double decayRate, bool staircase = false)
    {
        InitialLearningRate = ScheduleArguments.Rate(initialLearningRate, nameof(initialLearningRate));
        DecaySteps = ScheduleArguments.Positive(decaySteps, nameof(decaySteps));
        DecayRate = ScheduleArguments.Rate(decayRate, nameof(decayRate));
        Staircase = staircase;
    }

    internal double InitialLearningRate { get; }

    internal double DecaySteps { get; }

    internal double DecayRate { get; }

    internal bool Staircase { get; }

    /// <inheritdoc/>
    public override float At(long iteration)
    {
        float passed = iteration / (float)DecaySteps;
        return (float)InitialLearningRate / (1 + ((float)DecayRate * (Staircase ? MathF.Floor(passed) : passed)));
    }
}
