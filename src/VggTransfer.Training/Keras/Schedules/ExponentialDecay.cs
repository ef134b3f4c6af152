namespace VggTransfer.Keras.Schedules;

/// <summary><c>initialLearningRate * decayRate ^ (iteration / decaySteps)</c>.</summary>
public sealed class ExponentialDecay : LearningRateSchedule
{
    /// <param name="initialLearningRate">The first rate, 0 or more.</param>
    /// <param name="decaySteps">Updates until the rate is <paramref name="decayRate"/> times the first one, above 0.</param>
    /// <param name="decayRate">The factor, 0 or more.</param>
    /// <param name="staircase">Whether the rate falls at whole multiples of <paramref name="decaySteps"/> only.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public ExponentialDecay(double initialLearningRate, double decaySteps, double decayRate, bool staircase = false)
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
        float exponent = iteration / (float)DecaySteps;
        return (float)InitialLearningRate * MathF.Pow((float)DecayRate, Staircase ? MathF.Floor(exponent) : exponent);
    }
}
