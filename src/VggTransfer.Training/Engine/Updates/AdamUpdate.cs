using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Adam, AMSGrad and the old Adam. Epsilon is added to the root of the uncorrected second moment.</summary>
internal sealed class AdamUpdate : UpdateRule
{
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _share1;
    private readonly double _share2;
    private readonly double _epsilon;
    private readonly bool _amsgrad;
    private readonly bool _doublePrecision;
    private double _alpha;

    /// <param name="beta1">The share that the first moment keeps.</param>
    /// <param name="beta2">The share that the second moment keeps.</param>
    /// <param name="epsilon">What is added to the root.</param>
    /// <param name="amsgrad">Whether the largest second moment counts.</param>
    /// <param name="isLegacy">Whether all numbers are 4-byte ones, as in the old classes, or only those in the bias correction.</param>
    /// <param name="doublePrecision">Whether the weights are 8-byte numbers.</param>
    public AdamUpdate(double beta1, double beta2, double epsilon, bool amsgrad, bool isLegacy, bool doublePrecision)
    {
        _beta1 = (float)beta1;
        _beta2 = (float)beta2;
        _share1 = isLegacy ? 1 - _beta1 : 1 - beta1;
        _share2 = isLegacy ? 1 - _beta2 : 1 - beta2;
        _epsilon = epsilon;
        _amsgrad = amsgrad;
        _doublePrecision = doublePrecision;
        Slots = amsgrad ? [("m", 0), ("v", 0), ("vhat", 0)] : [("m", 0), ("v", 0)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Initial)> Slots { get; }

    /// <inheritdoc/>
    public override void Prepare(double rate, long iteration)
    {
        long step = iteration + 1;
        _alpha = _doublePrecision
            ? rate * Math.Sqrt(1 - Math.Pow(_beta2, step)) / (1 - Math.Pow(_beta1, step))
            : (float)rate * MathF.Sqrt(1 - MathF.Pow((float)_beta2, step)) / (1 - MathF.Pow((float)_beta1, step));
    }

    /// <inheritdoc/>
    public override void Apply(Tensor weights, Tensor gradient, ReadOnlySpan<Tensor> slots)
    {
        (Tensor m, Tensor v) = (slots[0], slots[1]);
        m.mul_(KeptScalar.Of(1 - _share1)).add_(gradient, KeptScalar.Of(_share1));
        v.mul_(KeptScalar.Of(1 - _share2)).addcmul_(gradient, gradient, KeptScalar.Of(_share2));
        if (_amsgrad)
        {
            v = slots[2].copy_(slots[2].maximum(v));
        }

        weights.addcdiv_(m, v.sqrt().Increase(_epsilon), KeptScalar.Of(-_alpha));
    }
}
