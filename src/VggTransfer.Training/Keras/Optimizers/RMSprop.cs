namespace VggTransfer.Keras.Optimizers;

/// <summary>
/// RMSprop (keras/src/optimizers/rmsprop.py): steps divided by the root of the mean square of the gradients, or of their
/// variance.
/// </summary>
public sealed class RMSprop : Optimizer
{
    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="rho">The share that the means keep at each update, 0 to 1.</param>
    /// <param name="momentum">The share of the last step that is kept, 0 to 1.</param>
    /// <param name="epsilon">What is added inside the root, 0 or more.</param>
    /// <param name="centered">Whether the variance counts instead of the mean square.</param>
    /// <param name="weightDecay">The share of each weight, times the rate, that is taken off before the update; null for none.</param>
    /// <param name="clipnorm">The largest norm of each weight's gradient; null for any.</param>
    /// <param name="clipvalue">The largest absolute value in gradients; null for any.</param>
    /// <param name="globalClipnorm">The largest norm of all gradients together; null for any.</param>
    /// <param name="useEma">Whether a moving average of the weights is kept and takes their place when training ends.</param>
    /// <param name="emaMomentum">The share that the average keeps at each update, 0 to 1.</param>
    /// <param name="emaOverwriteFrequency">After how many updates the average takes the weights' place; null for never.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public RMSprop(
        LearningRate? learningRate = null,
        double rho = 0.9,
        double momentum = 0,
        double epsilon = 1e-7,
        bool centered = false,
        double? weightDecay = null,
        double? clipnorm = null,
        double? clipvalue = null,
        double? globalClipnorm = null,
        bool useEma = false,
        double emaMomentum = 0.99,
        int? emaOverwriteFrequency = 100)
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
        Rho = HyperParameter.Share(rho);
        Momentum = HyperParameter.Share(momentum);
        Epsilon = HyperParameter.NotNegative(epsilon);
        Centered = centered;
    }

    /// <summary>The share that the means keep at each update.</summary>
    public double Rho { get; }

    /// <summary>The share of the last step that is kept.</summary>
    public double Momentum { get; }

    /// <summary>What is added inside the root.</summary>
    public double Epsilon { get; }

    /// <summary>Whether the variance counts instead of the mean square.</summary>
    public bool Centered { get; }
}
