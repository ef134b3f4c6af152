namespace VggTransfer.Keras.Schedules;

/// <summary>
/// Up and down in one cycle: half a cosine from a share of the largest rate up to it, then half a cosine down to next to
/// nothing (Smith and Topin, Super-Convergence, 2017). The numbers are those of PyTorch's <c>OneCycleLR</c> with its two phases
/// (torch/optim/lr_scheduler.py); the momentum, which that can move against the rate, stays as the optimizer has it.
/// </summary>
public sealed class OneCycle : LearningRateSchedule
{
    /// <param name="maximumLearningRate">The rate at the top, 0 or more.</param>
    /// <param name="totalSteps">Updates of the cycle, 1 or more; later ones have the last rate.</param>
    /// <param name="warmupShare">
    /// The share of the updates that goes up, 0 to 1. Where that is one update or less, the cycle begins at its top.
    /// </param>
    /// <param name="initialDivisor">The largest rate divided by this is the first rate, above 0.</param>
    /// <param name="finalDivisor">The first rate divided by this is the last rate, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public OneCycle(double maximumLearningRate, long totalSteps, double warmupShare = 0.3, double initialDivisor = 25, double finalDivisor = 1e4)
    {
        MaximumLearningRate = ScheduleArguments.Rate(maximumLearningRate, nameof(maximumLearningRate));
        ArgumentOutOfRangeException.ThrowIfLessThan(totalSteps, 1);
        TotalSteps = totalSteps;
        WarmupShare = warmupShare is >= 0 and <= 1 ? warmupShare : throw new ArgumentOutOfRangeException(nameof(warmupShare), warmupShare, "warmupShare must be 0 to 1.");
        InitialDivisor = ScheduleArguments.Positive(initialDivisor, nameof(initialDivisor));
        FinalDivisor = ScheduleArguments.Positive(finalDivisor, nameof(finalDivisor));
    }

    internal double MaximumLearningRate { get; }

    internal long TotalSteps { get; }

    internal double WarmupShare { get; }

    internal double InitialDivisor { get; }

    internal double FinalDivisor { get; }

    /// <inheritdoc/>
    public override float At(long iteration)
    {
        double initial = MaximumLearningRate / InitialDivisor;
        double top = Math.Max(0, (WarmupShare * TotalSteps) - 1);
        long last = TotalSteps - 1;
        return iteration switch
        {
            _ when iteration > last => (float)(initial / FinalDivisor),
            _ when iteration < top => Cosine(initial, MaximumLearningRate, iteration / top),
            _ when iteration == top => (float)MaximumLearningRate,
            _ => Cosine(MaximumLearningRate, initial / FinalDivisor, (iteration - top) / (last - top)),
        };
    }

    private static float Cosine(double from, double to, double completed) => (float)(to + ((from - to) / 2 * (1 + Math.Cos(Math.PI * completed))));
}
