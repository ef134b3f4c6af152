using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Models;

/// <content>What a training saves, and how it goes on from there.</content>
internal sealed partial class FitLoop
{
    private void SaveIfDue()
    {
        if (_backup is { IsDue: true })
        {
            Save();
        }
    }

    private void Save()
    {
        if (_backup is null)
        {
            return;
        }

        // What training goes on with are the weights, whatever stands in their place at the moment.
        bool showsAverages = _network.ShowsAverages;
        _network.ShowsAverages = false;
        _backup.Save(Checkpoint());
        _network.ShowsAverages = showsAverages;
    }

    private TrainingCheckpoint Checkpoint() => new(
        new TrainingState
        {
            Version = TrainingState.CurrentVersion,
            Identity = Identity(),
            Device = _network.Device,
            Position = _position,
            Steps = _batches.Steps,
            ValidationSteps = _validation?.Steps,
            ValidationRanDry = _validation is { RanDry: true },
            Iterations = _model.Optimizer.Iterations,
            LearningRate = Rate,
            LearningRateBeforeEpoch = _rateBeforeEpoch,
            Figures = _figures.Save(),
            LastLogs = [.. _lastLogs.Select(pair => new NamedFigure(pair.Key, pair.Value))],
            HistoryEpochs = [.. _callbacks.History.Epochs],
            History = [.. _callbacks.History.Select(pair => new NamedFigures(pair.Key, [.. pair.Value]))],
        },
        _network.Variables.ToDictionary(name => name, _network.GetVariable, StringComparer.Ordinal),
        _network.GetOptimizerState(),
        NamedCallbacks().SelectMany(callback => callback.Callback.SaveState().Select(pair => KeyValuePair.Create($"{callback.Name}/{pair.Key}", pair.Value))).ToDictionary(StringComparer.Ordinal));

    /// <summary>The checkpoint to go on from, if there is one, compared with this training.</summary>
    /// <exception cref="InvalidModelFileException">It is damaged, or of another training.</exception>
    private TrainingCheckpoint? FindCheckpoint()
    {
        if (_backup?.File.Read() is not { } checkpoint)
        {
            return null;
        }

        if (checkpoint.State.Identity.DifferenceFrom(Identity()) is { } difference)
        {
            throw _backup.File.Fault($"it is of another training: {difference}");
        }

        CheckWeights(checkpoint.Weights);
        if (checkpoint.State.Device != _network.Device)
        {
            _model.Warn($"The training was begun on {checkpoint.State.Device} and goes on on {_network.Device}: it will end a little differently than one that wasn't interrupted.");
        }

        return checkpoint;
    }

    private void CheckWeights(IReadOnlyDictionary<string, NDArray> weights)
    {
        if (weights.Count != _network.Variables.Count || !_network.Variables.All(weights.ContainsKey))
        {
            throw _backup!.File.Fault("its weights aren't those of this model");
        }

        foreach (string name in _network.Variables)
        {
            NDArray own = _network.GetVariable(name);
            NDArray saved = weights[name];
            if (saved.Type != own.Type || !saved.Shape.SequenceEqual(own.Shape))
            {
                throw _backup!.File.Fault($"its weight '{name}' is {Describe(saved)}, and that of this model {Describe(own)}");
            }
        }
    }

    private void Restore(TrainingCheckpoint checkpoint)
    {
        TrainingState state = checkpoint.State;
        foreach ((string name, NDArray values) in checkpoint.Weights)
        {
            _network.SetVariable(name, values);
        }

        Take("the optimizer", () => _network.SetOptimizerState(checkpoint.Slots));

        _model.Optimizer.Iterations = state.Iterations;
        if (state.LearningRate is { } rate && !_model.Optimizer.HasSchedule)
        {
            _model.Optimizer.LearningRate = rate;
        }

        if (!_figures.TryRestore(state.Figures))
        {
            throw _backup!.File.Fault("its running figures are those of other metrics");
        }

        _rateBeforeEpoch = state.LearningRateBeforeEpoch;
        _position = state.Position;
        _model.StopTraining = state.Position.Stopped;
        _batches.Restore(state.Steps);
        _validation?.Restore(state.ValidationSteps, state.ValidationRanDry);
        _lastLogs = new Logs();
        foreach (NamedFigure figure in state.LastLogs)
        {
            _lastLogs[figure.Name] = figure.Value;
        }

        _callbacks.History.Restore(state.HistoryEpochs, state.History.Select(figures => KeyValuePair.Create(figures.Name, (IReadOnlyList<double>)figures.Values)));
        RestoreCallbacks(checkpoint.Callbacks);
    }

    private void RestoreCallbacks(IReadOnlyDictionary<string, NDArray> saved)
    {
        foreach ((string name, Callback callback) in NamedCallbacks())
        {
            string prefix = name + "/";
            Dictionary<string, NDArray> state = saved.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
                .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value, StringComparer.Ordinal);
            if (state.Count > 0)
            {
                Take(callback.GetType().Name, () => callback.RestoreState(state));
            }
        }
    }

    private void Take(string what, Action restore)
    {
        try
        {
            restore();
        }
        catch (ArgumentException exception)
        {
            throw _backup!.File.Fault($"what it holds of {what} isn't what that remembers", exception);
        }
    }

    /// <summary>Names that stay the same when callbacks of other classes come or go.</summary>
    private IEnumerable<(string Name, Callback Callback)> NamedCallbacks() =>
        _callbacks.All.GroupBy(callback => callback.GetType().Name).SelectMany(group => group.Select((callback, i) => ($"{group.Key}.{i}", callback)));

    private TrainingIdentity Identity() => new()
    {
        Layers = [.. _model.FlatLayers.Select(layer => layer.ClassName)],
        Optimizer = _model.Training.Optimizer.Name,
        Loss = _model.Training.Loss.Name,
        Metrics = [.. _model.Training.Metrics.Select(metric => metric.Name)],
        Precision = _model.Execution.Precision.ToString(),
        Seed = _model.Execution.Seed,
        Data = _settings.Origin,
        StepsPerEpoch = _settings.StepsPerEpoch,
        InitialEpoch = _settings.InitialEpoch,
    };

    private static string Describe(NDArray array) => $"{array.Type} of shape ({string.Join(", ", array.Shape)})";
}
