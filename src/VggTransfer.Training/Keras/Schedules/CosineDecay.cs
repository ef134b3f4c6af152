namespace VggTransfer.Keras.Schedules;

/// <summary>
/// Half a cosine from the first rate down to a share of it, after a linear warm-up if one is asked for (Loshchilov and
/// Hutter, SGDR, 2016).
/// </summary>
public sealed class CosineDecay : LearningRateSchedule
{
    /// <param name="initialLearningRate">The first rate, 0 or more: of the warm-up, where there is one.</param>
    /// <param name="decaySteps">Updates of the decay, above 0; it begins when the warm-up ends.</param>
    /// <param name="alpha">The last rate as a share of the one that the decay begins with, 0 or more.</param>
    /// <param name="warmupTarget">The rate at the end of the warm-up; null for no warm-up.</param>
    /// <param name="warmupSteps">Updates of the warm-up, 0 or more; they count only with <paramref name="warmupTarget"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public CosineDecay(double initialLearningRate, double decaySteps, double alpha = 0, double? warmupTarget = null, double warmupSteps = 0)
    {
        InitialLearningRate = ScheduleArguments.Rate(initialLearningRate, nameof(initialLearningRate));
        DecaySteps = ScheduleArguments.Positive(decaySteps, nameof(decaySteps));
        Alpha = ScheduleArguments.Rate(alpha, nameof(alpha));
        WarmupTarget = warmupTarget is { } target ? ScheduleArguments.Rate(target, nameof(warmupTarget)) : null;
        WarmupSteps = ScheduleArguments.Rate(warmupSteps, nameof(warmupSteps));
    }

    internal double InitialLearningRate { get; }

    internal double DecaySteps { get; }

    internal double Alpha { get; }

    internal double? WarmupTarget { get; }

    internal double WarmupSteps { get; }

    /// <inheritdoc/>
    public override float At(long iteration)
    {
        float initial = (float)InitialLearningRate;
        float decaySteps = (float)DecaySteps;
        if (WarmupTarget is not { } target)
        {
            return Decay(MathF.Min(iteration, decaySteps) / decaySteps, initial);
        }

        float warmupSteps = (float)WarmupSteps;
        float step = MathF.Min(iteration, decaySteps + warmupSteps);
        return step < warmupSteps
            ? (((float)target - initial) * (step / warmupSteps)) + initial
            : Decay((step - warmupSteps) / decaySteps, (float)target);
    }

    private float Decay(float completed, float from)
    {
        float cosine = 0.5f * (1 + MathF.Cos(MathF.PI * completed));
        return from * (((float)(1 - Alpha) * cosine) + (float)Alpha);
    }
}
