namespace VggTransfer.Keras.Optimizers.Legacy;

/// <summary>
/// RMSprop (keras/src/optimizers/legacy/rmsprop.py). Epsilon lies inside the root where there is momentum, else outside.
/// </summary>
public sealed class RMSprop : LegacyOptimizer
{
    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="rho">The share that the means keep at each update, 0 to 1.</param>
    /// <param name="momentum">The share of the last step that is kept, 0 to 1.</param>
    /// <param name="epsilon">What is added inside or outside the root, 0 or more.</param>
    /// <param name="centered">Whether the variance counts instead of the mean square.</param>
    /// <param name="decay">The rate of an update is divided by 1 + decay * (number of updates before it).</param>
    /// <param name="clipnorm">The largest norm of each weight's gradient; null for any.</param>
    /// <param name="clipvalue">The largest absolute value in gradients; null for any.</param>
    /// <param name="globalClipnorm">The largest norm of all gradients together; null for any.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public RMSprop(
        LearningRate? learningRate = null,
        double rho = 0.9,
        double momentum = 0,
        double epsilon = 1e-7,
        bool centered = false,
        double decay = 0,
        double? clipnorm = null,
        double? clipvalue = null,
        double? globalClipnorm = null)
        : base(learningRate ?? 0.001, decay, clipnorm, clipvalue, globalClipnorm)
    {
        Rho = HyperParameter.Share(rho);
        Momentum = HyperParameter.Share(momentum);
        Epsilon = HyperParameter.NotNegative(epsilon);
        Centered = centered;
    }

    /// <summary>The share that the means keep at each update.</summary>
    public double Rho { get; }

    /// <summary>The share of the last step that is kept.</summary>
    public double Momentum { get; }

    /// <summary>What is added inside or outside the root.</summary>
    public double Epsilon { get; }

    /// <summary>Whether the variance counts instead of the mean square.</summary>
    public bool Centered { get; }
}
