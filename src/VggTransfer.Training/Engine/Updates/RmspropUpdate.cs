using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>RMSprop; epsilon and the variance are inside the root, the rate is inside the momentum.</summary>
internal sealed class RmspropUpdate : UpdateRule
{
    private readonly double _rho;
    private readonly double _momentum;
    private readonly double _epsilon;
    private readonly bool _centered;
    private double _rate;

    public RmspropUpdate(double rho, double momentum, double epsilon, bool centered)
    {
        _rho = rho;
        _momentum = momentum;
        _epsilon = epsilon;
        _centered = centered;
        Slots = [("mean_square", 0), .. centered ? [("mean_gradient", 0.0)] : Array.Empty<(string, double)>(), .. momentum > 0 ? [("momentum", 0.0)] : Array.Empty<(string, double)>()];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Initial)> Slots { get; }

    /// <inheritdoc/>
    public override void Prepare(double rate, long iteration) => _rate = rate;

    /// <inheritdoc/>
    public override void Apply(Tensor weights, Tensor gradient, ReadOnlySpan<Tensor> slots)
    {
        Tensor denominator = Denominator(gradient, slots, _rho, _centered).Increase(_epsilon).sqrt_();
        if (_momentum > 0)
        {
            Tensor momentum = slots[^1];
            momentum.mul_(KeptScalar.Of(_momentum)).addcdiv_(gradient, denominator, KeptScalar.Of(_rate));
            weights.sub_(momentum);
        }
        else
        {
            weights.addcdiv_(gradient, denominator, KeptScalar.Of(-_rate));
        }
    }

    /// <summary>Moves the means on; a new tensor of the mean square or, centered, the variance.</summary>
    public static Tensor Denominator(Tensor gradient, ReadOnlySpan<Tensor> slots, double rho, bool centered)
    {
        slots[0].mul_(KeptScalar.Of(rho)).addcmul_(gradient, gradient, KeptScalar.Of(1 - rho));
        if (!centered)
        {
            return slots[0].clone();
        }

        slots[1].mul_(KeptScalar.Of(rho)).add_(gradient, KeptScalar.Of(1 - rho));
        return slots[0].addcmul(slots[1], slots[1], KeptScalar.Of(-1));
    }
}
