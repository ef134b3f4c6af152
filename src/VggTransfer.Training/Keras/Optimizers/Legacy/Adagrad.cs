namespace VggTransfer.Keras.Optimizers.Legacy;

/// <summary>
/// Adagrad (keras/src/optimizers/legacy/adagrad.py). Epsilon lies outside the root.
/// </summary>
public sealed class Adagrad : LegacyOptimizer
{
    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="initialAccumulatorValue">What the sums of squares begin with, 0 or more.</param>
    /// <param name="epsilon">What is added to the root, 0 or more.</param>
    /// <param name="decay">The rate of an update is divided by 1 + decay * (number of updates before it).</param>
    /// <param name="clipnorm">The largest norm of each weight's gradient; null for any.</param>
    /// <param name="clipvalue">The largest absolute value in gradients; null for any.</param>
    /// <param name="globalClipnorm">The largest norm of all gradients together; null for any.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public Adagrad(
        LearningRate? learningRate = null,
        double initialAccumulatorValue = 0.1,
        double epsilon = 1e-7,
        double decay = 0,
        double? clipnorm = null,
        double? clipvalue = null,
        double? globalClipnorm = null)
        : base(learningRate ?? 0.001, decay, clipnorm, clipvalue, globalClipnorm)
    {
        InitialAccumulatorValue = HyperParameter.NotNegative(initialAccumulatorValue);
        Epsilon = HyperParameter.NotNegative(epsilon);
    }

    /// <summary>What the sums of squares begin with.</summary>
    public double InitialAccumulatorValue { get; }

    /// <summary>What is added to the root.</summary>
    public double Epsilon { get; }
}
