using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Adagrad; epsilon is inside the root, in the class from before Keras 2.11 outside.</summary>
internal sealed class AdagradUpdate(double initial, double epsilon, bool epsilonInsideRoot) : UpdateRule
{
    private double _rate;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Initial)> Slots { get; } = [("accumulator", initial)];

    /// <inheritdoc/>
    public override void Prepare(double rate, long iteration) => _rate = rate;

    /// <inheritdoc/>
    public override void Apply(Tensor weights, Tensor gradient, ReadOnlySpan<Tensor> slots)
    {
        Tensor accumulator = slots[0].addcmul_(gradient, gradient, KeptScalar.Of(1));
        weights.addcdiv_(gradient, epsilonInsideRoot ? accumulator.Plus(epsilon).sqrt_() : accumulator.sqrt().Increase(epsilon), KeptScalar.Of(-_rate));
    }
}
