namespace VggTransfer.Keras.Optimizers.Legacy;

/// <summary>
/// Adam (keras/src/optimizers/legacy/adam.py). Its update is that of <see cref="Optimizers.Adam"/>.
/// </summary>
public sealed class Adam : LegacyOptimizer
{
    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="beta1">The share that the mean of the gradients keeps, 0 to 1.</param>
    /// <param name="beta2">The share that the mean of their squares keeps, 0 to 1.</param>
    /// <param name="epsilon">What is added to the root of the uncorrected mean of squares, 0 or more.</param>
    /// <param name="amsgrad">Whether the largest mean of squares so far counts instead of the last.</param>
    /// <param name="decay">The rate of an update is divided by 1 + decay * (number of updates before it).</param>
    /// <param name="clipnorm">The largest norm of each weight's gradient; null for any.</param>
    /// <param name="clipvalue">The largest absolute value in gradients; null for any.</param>
    /// <param name="globalClipnorm">The largest norm of all gradients together; null for any.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public Adam(
        LearningRate? learningRate = null,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-7,
        bool amsgrad = false,
        double decay = 0,
        double? clipnorm = null,
        double? clipvalue = null,
        double? globalClipnorm = null)
        : base(learningRate ?? 0.001, decay, clipnorm, clipvalue, globalClipnorm)
    {
        Beta1 = HyperParameter.Share(beta1);
        Beta2 = HyperParameter.Share(beta2);
        Epsilon = HyperParameter.NotNegative(epsilon);
        Amsgrad = amsgrad;
    }

    /// <summary>The share that the mean of the gradients keeps.</summary>
    public double Beta1 { get; }

    /// <summary>The share that the mean of their squares keeps.</summary>
    public double Beta2 { get; }

    /// <summary>What is added to the root of the uncorrected mean of squares.</summary>
    public double Epsilon { get; }

    /// <summary>Whether the largest mean of squares so far counts instead of the last.</summary>
    public bool Amsgrad { get; }
}
