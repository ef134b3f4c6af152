using VggTransfer.Keras.Data;
using VggTransfer.Keras.Optimizers;
using static TorchSharp.torch;

namespace VggTransfer.Keras.Engine.Torch.Updates;

/// <summary>
/// What happens to the weights after the gradients are known: penalties, clipping, decay, the optimizer's formula, moving
/// averages. On the CPU it goes over each weight in stretches that fit the cache, so that the many simple operations of a
/// formula cost about one pass over memory.
/// </summary>
internal sealed class WeightUpdate : IDisposable
{
    private const string AverageSlot = "ema";

    // 4 MB of 4-byte numbers: weights, gradients and a slot or two stay in the last cache, and threads meet seldom.
    private const long StretchOnCpu = 1 << 20;

    private readonly TorchDevice _device;
    private readonly Optimizer _optimizer;
    private readonly UpdateRule _rule;
    private readonly TorchVariable[] _variables;
    private readonly string[] _slotNames;
    private Tensor[][]? _slots;

    /// <param name="optimizer">The description.</param>
    /// <param name="variables">The weights that training may change.</param>
    /// <param name="device">Where they are.</param>
    public WeightUpdate(Optimizer optimizer, IEnumerable<TorchVariable> variables, TorchDevice device)
    {
        _device = device;
        _optimizer = optimizer;
        _rule = UpdateRule.For(optimizer, device.IsDouble);
        _variables = [.. variables];
        _slotNames = [.. _rule.Slots.Select(slot => slot.Name), .. optimizer.Options.UseEma ? [AverageSlot] : Array.Empty<string>()];
    }

    /// <summary>The weights that training may change.</summary>
    public IReadOnlyList<TorchVariable> Variables => _variables;

    // Made at the first use: averages begin with the weights as they are then.
    private Tensor[][] Slots => _slots ??= [.. _variables.Select(NewSlots)];

    /// <summary>Updates all weights and counts the iteration.</summary>
    /// <param name="gradients">One for each of <see cref="Variables"/>, in the layout of the leaf; overwritten.</param>
    /// <param name="penalty">Counts the penalties of the weights as they were before.</param>
    /// <returns>The learning rate used.</returns>
    public double Apply(IReadOnlyList<Tensor> gradients, WeightPenalty penalty)
    {
        using var _ = no_grad();
        double rate = _optimizer.RateOfNextUpdate(_device.IsDouble);
        double? prepared = null;
        bool overwrites = _optimizer.Options is { UseEma: true, EmaOverwriteFrequency: { } frequency } && (_optimizer.Iterations + 1) % frequency == 0;

        Tensor[] rows = [.. gradients.Select(gradient => gradient.reshape(-1))];
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

                Tensor[] slots = [.. Slots[i].Select(slot => slot.narrow(0, start, length))];
                _rule.Apply(weights, gradient, slots.AsSpan(0, _rule.Slots.Count));
                if (_optimizer.Options.UseEma)
                {
                    Average(slots[^1], weights, overwrites);
                }

                if (variable.HasCopy)
                {
                    variable.FlatLeaf.narrow(0, start, length).copy_(weights);
                }
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

    /// <summary>The slots by <c>slot/layer/variable</c>, in Keras's layouts.</summary>
    public IReadOnlyDictionary<string, NDArray> GetState()
    {
        var state = new OrderedDictionary<string, NDArray>(StringComparer.Ordinal);
        for (int k = 0; k < _slotNames.Length; k++)
        {
            for (int i = 0; i < _variables.Length; i++)
            {
                state.Add(NameOf(k, i), _variables[i].ToKeras(Slots[i][k]));
            }
        }

        return state;
    }

    /// <summary>Takes the slots back.</summary>
    /// <exception cref="ArgumentException">They are another optimizer's or another model's.</exception>
    public void SetState(IReadOnlyDictionary<string, NDArray> state)
    {
        if (state.Count != _slotNames.Length * _variables.Length)
        {
            throw new ArgumentException(
                $"The optimizer {_optimizer.Name} remembers {_slotNames.Length * _variables.Length} arrays ({string.Join(", ", _slotNames)} for {_variables.Length} weights), and {state.Count} were given: they are another optimizer's or another model's.",
                nameof(state));
        }

        using var scope = NewDisposeScope();
        using var _ = no_grad();
        for (int k = 0; k < _slotNames.Length; k++)
        {
            for (int i = 0; i < _variables.Length; i++)
            {
                string name = NameOf(k, i);
                NDArray values = state.TryGetValue(name, out NDArray? found)
                    ? found
                    : throw new ArgumentException($"The optimizer {_optimizer.Name} remembers '{name}', which isn't among the arrays given: they are another optimizer's or another model's.", nameof(state));
                Slots[i][k].copy_(_variables[i].FromKeras(values, $"The optimizer's {_slotNames[k]} for"));
            }
        }
    }

    /// <summary>Replaces the weights by their averages, if there are such.</summary>
    public void TakeAverages()
    {
        if (!_optimizer.Options.UseEma)
        {
            return;
        }

        using var _ = no_grad();
        for (int i = 0; i < _variables.Length; i++)
        {
            using var scope = NewDisposeScope();
            _variables[i].Flat.copy_(Slots[i][^1]);
            _variables[i].Follow();
        }
    }

    public void Dispose()
    {
        foreach (Tensor slot in _slots?.SelectMany(slots => slots) ?? [])
        {
            slot.Dispose();
        }
    }

    private long StretchOf(TorchVariable variable) => _device.IsCpu ? StretchOnCpu : variable.Count;

    private string NameOf(int slot, int variable) => $"{_slotNames[slot]}/{_variables[variable].Name}";

    private Tensor[] NewSlots(TorchVariable variable)
    {
        using var _ = no_grad();
        List<Tensor> slots = [.. _rule.Slots.Select(slot => variable.NewSlot(slot.Initial))];
        if (_optimizer.Options.UseEma)
        {
            slots.Add(variable.Flat.clone().DetachFromDisposeScope());
        }

        return [.. slots];
    }

    // Written as a sum: 1 - rate * decay, rounded to 4 bytes, would lose most of a small decay's digits.
    private void Decay(Tensor weights, double rate) => weights.add_(weights, -((float)_optimizer.Options.WeightDecay!.Value * rate));

    private void Average(Tensor average, Tensor weights, bool overwrites)
    {
        double momentum = _optimizer.Options.EmaMomentum;
        average.mul_(momentum).add_(weights, 1 - momentum);
        if (overwrites)
        {
            weights.copy_(average);
        }
    }
}
