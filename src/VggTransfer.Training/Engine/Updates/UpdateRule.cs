using VggTransfer.Keras.Optimizers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>An optimizer's formula, for rows of numbers. Constants follow Keras down to which of them are 4-byte numbers.</summary>
internal abstract class UpdateRule
{
    /// <summary>The names of the slots and what they begin with.</summary>
    public abstract IReadOnlyList<(string Name, double Initial)> Slots { get; }

    /// <exception cref="NotSupportedException">The optimizer is unknown.</exception>
    public static UpdateRule For(Optimizer optimizer, bool doublePrecision) => optimizer switch
    {
        SGD sgd => new SgdUpdate(sgd.Momentum, sgd.Nesterov),
        Keras.Optimizers.Legacy.SGD sgd => new SgdUpdate(sgd.Momentum, sgd.Nesterov),
        Adam adam => new AdamUpdate(adam.Beta1, adam.Beta2, adam.Epsilon, adam.Amsgrad, isLegacy: false, doublePrecision),
        Keras.Optimizers.Legacy.Adam adam => new AdamUpdate(adam.Beta1, adam.Beta2, adam.Epsilon, adam.Amsgrad, isLegacy: true, doublePrecision),
        RMSprop rmsprop => new RmspropUpdate(rmsprop.Rho, rmsprop.Momentum, rmsprop.Epsilon, rmsprop.Centered),
        Keras.Optimizers.Legacy.RMSprop rmsprop => new LegacyRmspropUpdate(rmsprop.Rho, rmsprop.Momentum, rmsprop.Epsilon, rmsprop.Centered),
        Adagrad adagrad => new AdagradUpdate(adagrad.InitialAccumulatorValue, adagrad.Epsilon, epsilonInsideRoot: true),
        Keras.Optimizers.Legacy.Adagrad adagrad => new AdagradUpdate(adagrad.InitialAccumulatorValue, adagrad.Epsilon, epsilonInsideRoot: false),
        _ => throw new NotSupportedException($"The engine doesn't know the optimizer {optimizer.Name}."),
    };

    /// <summary>Fixes the numbers of the next update, for weights that have the same rate.</summary>
    /// <param name="rate">Their learning rate.</param>
    /// <param name="iteration">The number of updates before it.</param>
    public abstract void Prepare(double rate, long iteration);

    /// <summary>Updates weights in place.</summary>
    /// <param name="weights">A row of weights.</param>
    /// <param name="gradient">Their gradients; not needed afterwards.</param>
    /// <param name="slots">The slots for these weights, in the order of <see cref="Slots"/>.</param>
    public abstract void Apply(Tensor weights, Tensor gradient, ReadOnlySpan<Tensor> slots);
}
