using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>The RMSprop from before Keras 2.11: epsilon is inside the root with momentum and outside without.</summary>
internal sealed class LegacyRmspropUpdate : UpdateRule
{
    private readonly double _rho;
    private readonly double _momentum;
    private readonly double _epsilon;
    private readonly bool _centered;
    private double _rate;

    public LegacyRmspropUpdate(double rho, double momentum, double epsilon, bool centered)
    {
        _rho = (float)rho;
        _momentum = (float)momentum;
        _epsilon = epsilon;
        _centered = centered;
        Slots = [("rms", 0), .. centered ? [("mg", 0.0)] : Array.Empty<(string, double)>(), .. momentum > 0 ? [("momentum", 0.0)] : Array.Empty<(string, double)>()];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Initial)> Slots { get; }

    /// <inheritdoc/>
    public override void Prepare(double rate, long iteration) => _rate = rate;

    /// <inheritdoc/>
    public override void Apply(Tensor weights, Tensor gradient, ReadOnlySpan<Tensor> slots)
    {
        Tensor denominator = RmspropUpdate.Denominator(gradient, slots, _rho, _centered);
        if (_momentum > 0)
        {
            Tensor momentum = slots[^1];
            momentum.mul_(KeptScalar.Of(_momentum)).addcdiv_(gradient, denominator.Increase(_epsilon).sqrt_(), KeptScalar.Of(_rate));
            weights.sub_(momentum);
        }
        else
        {
            weights.addcdiv_(gradient, denominator.sqrt_().Increase(_epsilon), KeptScalar.Of(-_rate));
        }
    }
}
