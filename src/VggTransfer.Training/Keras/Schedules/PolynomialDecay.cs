namespace VggTransfer.Keras.Schedules;

/// <summary>
/// From one rate to another in a number of updates:
/// <c>(initialLearningRate - endLearningRate) * (1 - iteration / decaySteps) ^ power + endLearningRate</c>.
/// </summary>
public sealed class PolynomialDecay : LearningRateSchedule
{
    /// <param name="initialLearningRate">The first rate, 0 or more.</param>
    /// <param name="decaySteps">Updates until the last rate, above 0.</param>
    /// <param name="endLearningRate">The last rate, 0 or more.</param>
    /// <param name="power">The exponent, above 0; 1 gives a straight line.</param>
    /// <param name="cycle">
    /// Whether the rate starts to fall anew behind <paramref name="decaySteps"/>, towards the next multiple of it, rather
    /// than stay.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public PolynomialDecay(double initialLearningRate, double decaySteps, double endLearningRate = 0.0001, double power = 1, bool cycle = false)
    {
        InitialLearningRate = ScheduleArguments.Rate(initialLearningRate, nameof(initialLearningRate));
        DecaySteps = ScheduleArguments.Positive(decaySteps, nameof(decaySteps));
        EndLearningRate = ScheduleArguments.Rate(endLearningRate, nameof(endLearningRate));
        Power = ScheduleArguments.Positive(power, nameof(power));
        Cycle = cycle;
    }

    internal double InitialLearningRate { get; }

    internal double DecaySteps { get; }

    internal double EndLearningRate { get; }

    internal double Power { get; }

    internal bool Cycle { get; }

    /// <inheritdoc/>
    public override float At(long iteration)
    {
        float step = iteration;
        float steps = (float)DecaySteps;
        if (Cycle)
        {
            steps *= iteration == 0 ? 1 : MathF.Ceiling(step / steps);
        }
        else
        {
            step = MathF.Min(step, steps);
        }

        float end = (float)EndLearningRate;
        return (((float)InitialLearningRate - end) * MathF.Pow(1 - (step / steps), (float)Power)) + end;
    }
}
