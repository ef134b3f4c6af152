namespace VggTransfer.Keras.Schedules;

/// <summary>
/// Half a cosine from the first rate down, again and again, each time longer and from a lower rate (Loshchilov and Hutter,
/// SGDR, 2016). As in Keras the restart is found by a 4-byte logarithm, so that far on it may come some updates early or
/// late.
/// </summary>
public sealed class CosineDecayRestarts : LearningRateSchedule
{
    /// <param name="initialLearningRate">The first rate, 0 or more.</param>
    /// <param name="firstDecaySteps">Updates until the first restart, above 0.</param>
    /// <param name="tMul">How many times as long each period is as the one before it, 1 or more.</param>
    /// <param name="mMul">How many times as high each period's first rate is, above 0.</param>
    /// <param name="alpha">The lowest rate as a share of the first one, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public CosineDecayRestarts(double initialLearningRate, double firstDecaySteps, double tMul = 2, double mMul = 1, double alpha = 0)
    {
        InitialLearningRate = ScheduleArguments.Rate(initialLearningRate, nameof(initialLearningRate));
        FirstDecaySteps = ScheduleArguments.Positive(firstDecaySteps, nameof(firstDecaySteps));
        TMul = double.IsFinite(tMul) && tMul >= 1 ? tMul : throw new ArgumentOutOfRangeException(nameof(tMul), tMul, "tMul must be a finite number, 1 or more.");
        MMul = ScheduleArguments.Positive(mMul, nameof(mMul));
        Alpha = ScheduleArguments.Rate(alpha, nameof(alpha));
    }

    internal double InitialLearningRate { get; }

    internal double FirstDecaySteps { get; }

    internal double TMul { get; }

    internal double MMul { get; }

    internal double Alpha { get; }

    /// <inheritdoc/>
    public override float At(long iteration)
    {
        float longer = (float)TMul;
        float completed = iteration / (float)FirstDecaySteps;
        float restart;
        if (longer == 1)
        {
            restart = MathF.Floor(completed);
            completed -= restart;
        }
        else
        {
            restart = MathF.Floor(MathF.Log(1 - (completed * (1 - longer))) / MathF.Log(longer));
            float length = MathF.Pow(longer, restart);
            completed = (completed - ((1 - length) / (1 - longer))) / length;
        }

        float cosine = 0.5f * MathF.Pow((float)MMul, restart) * (1 + MathF.Cos(MathF.PI * completed));
        float alpha = (float)Alpha;
        return (float)InitialLearningRate * (((1 - alpha) * cosine) + alpha);
    }
}
