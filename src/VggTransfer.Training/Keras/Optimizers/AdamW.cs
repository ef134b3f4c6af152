namespace VggTransfer.Keras.Optimizers;

/// <summary>
/// Adam with weight decay beside the gradient (Loshchilov and Hutter 2017; keras/src/optimizers/adamw.py); biases decay, too,
/// unless <see cref="Optimizer.ExcludeFromWeightDecay"/> exempts them.
/// </summary>
public sealed class AdamW : Adam
{
    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="weightDecay">The share of each weight, times the rate, that is taken off before the update.</param>
    /// <param name="beta1">The share that the mean of the gradients keeps, 0 to 1.</param>
    /// <param name="beta2">The share that the mean of their squares keeps, 0 to 1.</param>
    /// <param name="epsilon">What is added to the root of the uncorrected mean of squares, 0 or more.</param>
    /// <param name="amsgrad">Whether the largest mean of squares so far counts instead of the last.</param>
    /// <param name="clipnorm">The largest norm of each weight's gradient; null for any.</param>
    /// <param name="clipvalue">The largest absolute value in gradients; null for any.</param>
    /// <param name="globalClipnorm">The largest norm of all gradients together; null for any.</param>
    /// <param name="useEma">Whether a moving average of the weights is kept and takes their place when training ends.</param>
    /// <param name="emaMomentum">The share that the average keeps at each update, 0 to 1.</param>
    /// <param name="emaOverwriteFrequency">After how many updates the average takes the weights' place; null for never.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">Both norms are given.</exception>
    public AdamW(
        LearningRate? learningRate = null,
        double weightDecay = 0.004,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double epsilon = 1e-7,
        bool amsgrad = false,
        double? clipnorm = null,
        double? clipvalue = null,
        double? globalClipnorm = null,
        bool useEma = false,
        double emaMomentum = 0.99,
        int? emaOverwriteFrequency = null)
        : base(learningRate, beta1, beta2, epsilon, amsgrad, weightDecay, clipnorm, clipvalue, globalClipnorm, useEma, emaMomentum, emaOverwriteFrequency)
    {
    }
}
