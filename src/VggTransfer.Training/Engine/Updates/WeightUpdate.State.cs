using VggTransfer.Keras.Data;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <content>What the optimizer remembers, and the averages in it, which can take the weights' place.</content>
internal sealed partial class WeightUpdate
{
    // Beside the slots, whose names have the weight's name behind a slash.
    private const string StepsName = "accumulated_steps";

    private bool _showsAverages;

    /// <summary>
    /// Whether the averages stand in the weights' place and the weights in that of the averages. Every bit comes back.
    /// </summary>
    /// <exception cref="InvalidOperationException">Setting it, where the optimizer has no averages.</exception>
    public bool ShowsAverages
    {
        get => _showsAverages;
        set
        {
            if (value == _showsAverages)
            {
                return;
            }

            if (!_optimizer.Options.UseEma)
            {
                throw new InvalidOperationException($"The optimizer {_optimizer.Name} keeps no averages of the weights; make it with useEma: true.");
            }

            using var _ = no_grad();
            for (int i = 0; i < _variables.Length; i++)
            {
                using var scope = NewDisposeScope();
                Tensor weights = _variables[i].Flat.clone();
                _variables[i].Flat.copy_(Slots[i][AverageIndex]);
                Slots[i][AverageIndex].copy_(weights);
                _variables[i].Follow();
            }

            _showsAverages = value;
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
                // Beside weights that are averages now, the averages are these, and not what waits in their place.
                bool isShown = _showsAverages && k == AverageIndex;
                state.Add(NameOf(k, i), _variables[i].ToKeras(isShown ? _variables[i].Flat : Slots[i][k]));
            }
        }

        if (_stepsOfUpdate > 1)
        {
            state.Add(StepsName, NDArray.From([_stepsDone]));
        }

        return state;
    }

    /// <summary>Takes the slots back.</summary>
    /// <exception cref="ArgumentException">They are another optimizer's or another model's.</exception>
    public void SetState(IReadOnlyDictionary<string, NDArray> state)
    {
        ShowsAverages = false;
        int count = (_slotNames.Length * _variables.Length) + (_stepsOfUpdate > 1 ? 1 : 0);
        if (state.Count != count)
        {
            throw new ArgumentException(
                $"The optimizer {_optimizer.Name} remembers {count} arrays ({string.Join(", ", _slotNames)} for {_variables.Length} weights), and {state.Count} were given: they are another optimizer's or another model's.",
                nameof(state));
        }

        int stepsDone = _stepsOfUpdate > 1 ? StepsIn(state) : 0;
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

        _stepsDone = stepsDone;
    }

    /// <summary>Replaces the weights by their averages, if there are such.</summary>
    public void TakeAverages()
    {
        if (!_optimizer.Options.UseEma)
        {
            return;
        }

        ShowsAverages = false;
        using var _ = no_grad();
        for (int i = 0; i < _variables.Length; i++)
        {
            using var scope = NewDisposeScope();
            _variables[i].Flat.copy_(Slots[i][AverageIndex]);
            _variables[i].Follow();
        }
    }

    private int StepsIn(IReadOnlyDictionary<string, NDArray> state)
    {
        if (state.TryGetValue(StepsName, out NDArray? array) && array is { Type: ElementType.Int32, Count: 1 } && ((int[])array.Values)[0] is var steps && steps >= 0 && steps < _stepsOfUpdate)
        {
            return steps;
        }

        throw new ArgumentException($"The optimizer {_optimizer.Name} makes an update of {_stepsOfUpdate} steps, and '{StepsName}' doesn't say how many of them are done: the state is another optimizer's.", nameof(state));
    }

    private string NameOf(int slot, int variable) => $"{_slotNames[slot]}/{_variables[variable].Name}";
}
