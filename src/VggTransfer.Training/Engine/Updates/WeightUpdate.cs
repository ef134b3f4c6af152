using VggTransfer.Keras.Optimizers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>
/// What happens to the weights after the gradients are known: accumulation, penalties, clipping, decay, the optimizer's formula,
/// moving averages. On the CPU it goes over each weight in stretches that fit the cache, so that the many simple operations of a
/// formula cost about one pass over memory.
/// </summary>
internal sealed partial class WeightUpdate : IDisposable
{
    private const string AverageSlot = "ema";
    private const string AccumulatorSlot = "gradient_accumulator";

    // 4 MB of 4-byte numbers: weights, gradients and a slot or two stay in the last cache, and threads meet seldom.
    private const long StretchOnCpu = 1 << 20;

    private readonly TorchDevice _device;
    private readonly Optimizer _optimizer;
    private readonly UpdateRule _rule;
    private readonly TorchVariable[] _variables;
    private readonly string[] _slotNames;
    private readonly int _stepsOfUpdate;
    private Tensor[][]? _slots;
    private int _stepsDone;

    /// <param name="optimizer">The description.</param>
    /// <param name="variables">The weights that training may change.</param>
    /// <param name="device">Where they are.</param>
    public WeightUpdate(Optimizer optimizer, IEnumerable<TorchVariable> variables, TorchDevice device)
    {
        _device = device;
        _optimizer = optimizer;
        _rule = UpdateRule.For(optimizer, device.IsDouble);
        _variables = [.. variables];
        _stepsOfUpdate = optimizer.GradientAccumulationSteps;
        _slotNames =
        [
            .. _rule.Slots.Select(slot => slot.Name),
            .. optimizer.Options.UseEma ? [AverageSlot] : Array.Empty<string>(),
            .. _stepsOfUpdate > 1 ? [AccumulatorSlot] : Array.Empty<string>(),
        ];
    }

    /// <summary>The weights that training may change.</summary>
    public IReadOnlyList<TorchVariable> Variables => _variables;

    /// <summary>The steps of training so far, of which several may make an update.</summary>
    public long Step => (_optimizer.Iterations * _stepsOfUpdate) + _stepsDone;

    // The formula's own slots stand before it.
    private int AverageIndex => _rule.Slots.Count;

    // Made at the first use: averages begin with the weights as they are then.
    private Tensor[][] Slots => _slots ??= [.. _variables.Select(NewSlots)];

    /// <summary>Updates all weights and counts the iteration, or keeps the gradients for the update that a later step makes.</summary>
    /// <param name="gradients">One for each of <see cref="Variables"/>, in the layout of the leaf; overwritten.</param>
    /// <param name="penalty">Counts the penalties of the weights as they were before.</param>
    /// <returns>The learning rate of the update.</returns>
    public double Apply(IReadOnlyList<Tensor> gradients, WeightPenalty penalty)
    {
        using var _ = no_grad();
        double rate = _optimizer.RateOfNextUpdate(_device.IsDouble);
        Tensor[] rows = [.. gradients.Select(gradient => gradient.reshape(-1))];
        if (_stepsOfUpdate > 1)
        {
            rows = Accumulate(rows);
            if (_stepsDone != 0)
            {
                CountPenalties(penalty);
                return rate;
            }
        }

        // Before anything changes: averages begin with the weights that were there before the first update, decay included.
        Tensor[][] allSlots = Slots;
        double? prepared = null;
        bool overwrites = _optimizer.Options is { UseEma: true, EmaOverwriteFrequency: { } frequency } && (_optimizer.Iterations + 1) % frequency == 0;

        bool clipsNorms = GradientClipping.NeedsNorms(_optimizer);
        if (clipsNorms)
        {
            rows = [.. rows.Select(row => row.to(_device.WeightType))];
            AddPenalties(rows, penalty);
            GradientClipping.ClipNorms(_optimizer, rows);
        }

        for (int i = 0; i < _variables.Length; i++)
        {
            TorchVariable variable = _variables[i];
            double ownRate = rate * _optimizer.RateFactorOf(variable.Name);
            if (ownRate != prepared)
            {
                _rule.Prepare(ownRate, _optimizer.Iterations);
                prepared = ownRate;
            }

            bool decays = _optimizer.Options.WeightDecay is not null && _optimizer.Decays(variable.Name);
            for (long start = 0; start < variable.Count; start += StretchOf(variable))
            {
                using var scope = NewDisposeScope();
                long length = Math.Min(StretchOf(variable), variable.Count - start);
                Tensor weights = variable.Flat.narrow(0, start, length);
                Tensor gradient = rows[i].narrow(0, start, length).to(_device.WeightType);
                if (!clipsNorms && variable.Regularizer is { } regularizer)
                {
                    Tensor? origin = variable.StartingPoint?.narrow(0, start, length);
                    penalty.Count(regularizer, weights, origin);
                    penalty.AddGradient(regularizer, weights, origin, gradient);
                }

                GradientClipping.ClipValues(_optimizer, gradient);
                if (decays)
                {
                    Decay(weights, ownRate);
                }

                Tensor[] slots = [.. allSlots[i].Select(slot => slot.narrow(0, start, length))];
                _rule.Apply(weights, gradient, slots.AsSpan(0, _rule.Slots.Count));
                if (_optimizer.Options.UseEma)
                {
                    Average(slots[AverageIndex], weights, overwrites);
                }

                if (variable.HasCopy)
                {
                    variable.FlatLeaf.narrow(0, start, length).copy_(weights);
                }
            }

            if (_stepsOfUpdate > 1)
            {
                allSlots[i][^1].zero_();
            }
        }

        _optimizer.Iterations++;
        return rate;
    }

    /// <summary>Adds the penalties' gradients, and counts the penalties.</summary>
    public void AddPenalties(IReadOnlyList<Tensor> rows, WeightPenalty penalty)
    {
        using var _ = no_grad();
        for (int i = 0; i < _variables.Length; i++)
        {
            if (_variables[i].Regularizer is { } regularizer)
            {
                using var scope = NewDisposeScope();
                penalty.Count(regularizer, _variables[i].Flat, _variables[i].StartingPoint);
                penalty.AddGradient(regularizer, _variables[i].Flat, _variables[i].StartingPoint, rows[i]);
            }
        }
    }

    public void Dispose()
    {
        foreach (Tensor slot in _slots?.SelectMany(slots => slots) ?? [])
        {
            slot.Dispose();
        }
    }

    /// <summary>Adds a step's gradients to those before it; with the last step of an update, their mean.</summary>
    /// <returns>The memory of the sums.</returns>
    private Tensor[] Accumulate(Tensor[] rows)
    {
        _stepsDone = (_stepsDone + 1) % _stepsOfUpdate;
        for (int i = 0; i < rows.Length; i++)
        {
            using var scope = NewDisposeScope();
            Tensor sum = Slots[i][^1].Increase(rows[i]);
            if (_stepsDone == 0)
            {
                sum.div_(KeptScalar.Of(_stepsOfUpdate));
            }
        }

        return [.. Slots.Select(slots => slots[^1])];
    }

    private void CountPenalties(WeightPenalty penalty)
    {
        foreach (TorchVariable variable in _variables)
        {
            if (variable.Regularizer is { } regularizer)
            {
                using var scope = NewDisposeScope();
                penalty.Count(regularizer, variable.Flat, variable.StartingPoint);
            }
        }
    }

    private long StretchOf(TorchVariable variable) => _device.IsCpu ? StretchOnCpu : variable.Count;

    private Tensor[] NewSlots(TorchVariable variable)
    {
        using var _ = no_grad();
        List<Tensor> slots = [.. _rule.Slots.Select(slot => variable.NewSlot(slot.Initial))];
        if (_optimizer.Options.UseEma)
        {
            slots.Add(variable.Flat.clone().DetachFromDisposeScope());
        }

        if (_stepsOfUpdate > 1)
        {
            slots.Add(variable.NewSlot(0));
        }

        return [.. slots];
    }

    // Written as a sum: 1 - rate * decay, rounded to 4 bytes, would lose most of a small decay's digits.
    private void Decay(Tensor weights, double rate) => weights.add_(weights, KeptScalar.Of(-((float)_optimizer.Options.WeightDecay!.Value * rate)));

    private void Average(Tensor average, Tensor weights, bool overwrites)
    {
        double momentum = _optimizer.Options.EmaMomentum;
        average.mul_(KeptScalar.Of(momentum)).add_(weights, KeptScalar.Of(1 - momentum));
        if (overwrites)
        {
            weights.copy_(average);
        }
    }
}
