namespace VggTransfer.Keras.Optimizers;

/// <summary>
/// Adagrad (Duchi et al. 2011; keras/src/optimizers/adagrad.py): steps divided by the root of the sum of all squared
/// gradients so far.
/// </summary>
public sealed class Adagrad : Optimizer
{
    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="initialAccumulatorValue">What the sums of squares begin with, 0 or more.</param>
    /// <param name="epsilon">What is added inside the root, 0 or more.</param>
    /// <param name="weightDecay">The share of each weight, times the rate, that is taken off before the update; null for none.</param>
    /// <param name="clipnorm">The largest norm of each weight's gradient; null for any.</param>
    /// <param name="clipvalue">The largest absolute value in gradients; null for any.</param>
    /// <param name="globalClipnorm">The largest norm of all gradients together; null for any.</param>
    /// <param name="useEma">Whether a moving average of the weights is kept and takes their place when training ends.</param>
    /// <param name="emaMomentum">The share that the average keeps at each update, 0 to 1.</param>
    /// <param name="emaOverwriteFrequency">After how many updates the average takes the weights' place; null for never.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public Adagrad(
        LearningRate? learningRate = null,
        double initialAccumulatorValue = 0.1,
        double epsilon = 1e-7,
        double? weightDecay = null,
        double? clipnorm = null,
        double? clipvalue = null,
        double? globalClipnorm = null,
        bool useEma = false,
        double emaMomentum = 0.99,
        int? emaOverwriteFrequency = null)
        : base(learningRate ?? 0.001, new UpdateOptions
        {
            WeightDecay = weightDecay,
            Clipnorm = clipnorm,
            Clipvalue = clipvalue,
            GlobalClipnorm = globalClipnorm,
            UseEma = useEma,
            EmaMomentum = emaMomentum,
            EmaOverwriteFrequency = emaOverwriteFrequency,
        })
    {
        InitialAccumulatorValue = HyperParameter.NotNegative(initialAccumulatorValue);
        Epsilon = HyperParameter.NotNegative(epsilon);
    }

    /// <summary>What the sums of squares begin with.</summary>
    public double InitialAccumulatorValue { get; }

    /// <summary>What is added inside the root.</summary>
    public double Epsilon { get; }
}
