namespace VggTransfer.Keras.Optimizers;

/// <summary>
/// Gradient descent, with momentum if wanted (keras/src/optimizers/sgd.py): v = momentum * v - rate * g, then w += v, or
/// with Nesterov's w += momentum * v - rate * g. The rate is inside the momentum: what was gathered keeps its rate.
/// </summary>
public sealed class SGD : Optimizer
{
    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="momentum">The share of the last step that is kept, 0 to 1.</param>
    /// <param name="nesterov">Whether the gradient counts as of where the momentum leads.</param>
    /// <param name="weightDecay">The share of each weight, times the rate, that is taken off before the update; null for none.</param>
    /// <param name="clipnorm">The largest norm of each weight's gradient; null for any.</param>
    /// <param name="clipvalue">The largest absolute value in gradients; null for any.</param>
    /// <param name="globalClipnorm">The largest norm of all gradients together; null for any.</param>
    /// <param name="useEma">Whether a moving average of the weights is kept and takes their place when training ends.</param>
    /// <param name="emaMomentum">The share that the average keeps at each update, 0 to 1.</param>
    /// <param name="emaOverwriteFrequency">After how many updates the average takes the weights' place; null for never.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public SGD(
        LearningRate? learningRate = null,
        double momentum = 0,
        bool nesterov = false,
        double? weightDecay = null,
        double? clipnorm = null,
        double? clipvalue = null,
        double? globalClipnorm = null,
        bool useEma = false,
        double emaMomentum = 0.99,
        int? emaOverwriteFrequency = null)
        : base(learningRate ?? 0.01, new UpdateOptions
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
        Momentum = HyperParameter.Share(momentum);
        Nesterov = nesterov;
    }

    /// <summary>The share of the last step that is kept.</summary>
    public double Momentum { get; }

    /// <summary>Whether the gradient counts as of where the momentum leads.</summary>
    public bool Nesterov { get; }
}
