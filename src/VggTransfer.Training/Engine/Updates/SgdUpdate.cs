using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Gradient descent with momentum; the rate is inside the momentum.</summary>
internal sealed class SgdUpdate(double momentum, bool nesterov) : UpdateRule
{
    private readonly double _momentum = (float)momentum;
    private double _rate;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Initial)> Slots { get; } = momentum == 0 ? [] : [("momentum", 0)];

    /// <inheritdoc/>
    public override void Prepare(double rate, long iteration) => _rate = rate;

    /// <inheritdoc/>
    public override void Apply(Tensor weights, Tensor gradient, ReadOnlySpan<Tensor> slots)
    {
        if (slots.IsEmpty)
        {
            weights.add_(gradient, KeptScalar.Of(-_rate));
            return;
        }

        Tensor momentum = slots[0];
        momentum.mul_(KeptScalar.Of(_momentum)).add_(gradient, KeptScalar.Of(-_rate));
        if (nesterov)
        {
            weights.add_(momentum, KeptScalar.Of(_momentum)).add_(gradient, KeptScalar.Of(-_rate));
        }
        else
        {
            weights.Increase(momentum);
        }
    }
}
