namespace VggTransfer.Keras.Optimizers.Legacy;

/// <summary>
/// The optimizers from before Keras 2.11 (keras/src/optimizers/legacy), which the notebooks of that time were run with. All
/// their numbers are kept in 4-byte floating point, and the rate can decay by itself.
/// </summary>
public abstract class LegacyOptimizer : Optimizer
{
    private protected LegacyOptimizer(LearningRate learningRate, double decay, double? clipnorm, double? clipvalue, double? globalClipnorm)
        : base(learningRate, new UpdateOptions { Clipnorm = clipnorm, Clipvalue = clipvalue, GlobalClipnorm = globalClipnorm }) =>
        Decay = HyperParameter.NotNegative(decay);

    /// <summary>The rate of an update is divided by 1 + decay * (number of updates before it).</summary>
    public double Decay { get; }

    /// <inheritdoc/>
    internal override double RateOfNextUpdate(bool doublePrecision)
    {
        float rate = Rate.At(Iterations);
        if (Decay == 0)
        {
            return rate;
        }

        float decay = (float)Decay;
        return doublePrecision ? rate / (1 + ((double)decay * Iterations)) : rate / (1 + (decay * (float)Iterations));
    }
}
