namespace VggTransfer.Keras.Optimizers.Legacy;

/// <summary>
/// Gradient descent, with momentum if wanted (keras/src/optimizers/legacy/gradient_descent.py). Its update is that of
/// <see cref="Optimizers.SGD"/>.
/// </summary>
public sealed class SGD : LegacyOptimizer
{
    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="momentum">The share of the last step that is kept, 0 to 1.</param>
    /// <param name="nesterov">Whether the gradient counts as of where the momentum leads.</param>
    /// <param name="decay">The rate of an update is divided by 1 + decay * (number of updates before it).</param>
    /// <param name="clipnorm">The largest norm of each weight's gradient; null for any.</param>
    /// <param name="clipvalue">The largest absolute value in gradients; null for any.</param>
    /// <param name="globalClipnorm">The largest norm of all gradients together; null for any.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public SGD(
        LearningRate? learningRate = null,
        double momentum = 0,
        bool nesterov = false,
        double decay = 0,
        double? clipnorm = null,
        double? clipvalue = null,
        double? globalClipnorm = null)
        : base(learningRate ?? 0.01, decay, clipnorm, clipvalue, globalClipnorm)
    {
        Momentum = HyperParameter.Share(momentum);
        Nesterov = nesterov;
    }

    /// <summary>The share of the last step that is kept.</summary>
    public double Momentum { get; }

    /// <summary>Whether the gradient counts as of where the momentum leads.</summary>
    public bool Nesterov { get; }
}
