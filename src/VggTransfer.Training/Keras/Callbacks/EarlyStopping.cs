using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Callbacks;

/// <summary>Ends the training when a figure doesn't get better any more (keras/src/callbacks.py).</summary>
public class EarlyStopping : Callback
{
    private readonly string _monitor;
    private readonly double _minDelta;
    private readonly int _patience;
    private readonly int _verbose;
    private readonly double? _baseline;
    private readonly bool _restoreBestWeights;
    private readonly int _startFromEpoch;
    private MonitorMode _mode;
    private Dictionary<string, NDArray>? _bestWeights;

    /// <param name="monitor">The figure.</param>
    /// <param name="minDelta">Less of a change is no improvement; the sign doesn't count.</param>
    /// <param name="patience">So many epochs without improvement end the training.</param>
    /// <param name="verbose">1 prints what is done, 0 nothing.</param>
    /// <param name="mode">
    /// <c>min</c>: less is better; <c>max</c>: more is better; <c>auto</c>: more for names that end in acc, accuracy or auc.
    /// </param>
    /// <param name="baseline">Improvements that aren't better than this don't restart the waiting; null for any.</param>
    /// <param name="restoreBestWeights">
    /// Whether the model gets the weights of its best epoch at the end, also where the training wasn't stopped.
    /// </param>
    /// <param name="startFromEpoch">Epochs before this one, from 0, aren't looked at.</param>
    public EarlyStopping(
        string monitor = "val_loss",
        double minDelta = 0,
        int patience = 0,
        int verbose = 0,
        string mode = "auto",
        double? baseline = null,
        bool restoreBestWeights = false,
        int startFromEpoch = 0)
    {
        ArgumentNullException.ThrowIfNull(monitor);
        bool isMaxByName = monitor.EndsWith("acc", StringComparison.Ordinal)
            || monitor.EndsWith("accuracy", StringComparison.Ordinal)
            || monitor.EndsWith("auc", StringComparison.Ordinal);
        _mode = MonitorMode.Of(mode, isMaxByName, "EarlyStopping mode");
        _monitor = monitor;
        _minDelta = _mode.IsMax ? Math.Abs(minDelta) : -Math.Abs(minDelta);
        _patience = patience;
        _verbose = verbose;
        _baseline = baseline;
        _restoreBestWeights = restoreBestWeights;
        _startFromEpoch = startFromEpoch;
        Best = _mode.Worst;
    }

    /// <summary>The best value so far.</summary>
    public double Best { get; private set; }

    /// <summary>The epoch of the best value, from 0.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>The epoch that the training was stopped after, from 0; 0 if it wasn't stopped.</summary>
    public int StoppedEpoch { get; private set; }

    /// <summary>Epochs since the last improvement.</summary>
    public int Wait { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs)
    {
        _mode = _mode.Announced(this);
        Wait = 0;
        StoppedEpoch = 0;
        Best = _mode.Worst;
        BestEpoch = 0;
        _bestWeights = null;
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        if (GetMonitorValue(logs) is not { } current || epoch < _startFromEpoch)
        {
            return;
        }

        if (_restoreBestWeights && _bestWeights is null)
        {
            // The first one, in case none ever gets better.
            KeepWeights(epoch);
        }

        Wait++;
        if (IsImprovement(current, Best))
        {
            Best = current;
            BestEpoch = epoch;
            if (_restoreBestWeights)
            {
                KeepWeights(epoch);
            }

            if (_baseline is not { } baseline || IsImprovement(current, baseline))
            {
                Wait = 0;
            }

            return;
        }

        if (Wait >= _patience && epoch > 0)
        {
            StoppedEpoch = epoch;
            Model.StopTraining = true;
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(Logs logs)
    {
        if (StoppedEpoch > 0 && _verbose > 0)
        {
            Model.Print($"Epoch {StoppedEpoch + 1}: early stopping");
        }

        if (!_restoreBestWeights || _bestWeights is null)
        {
            return;
        }

        if (_verbose > 0)
        {
            Model.Print($"Restoring model weights from the end of the best epoch: {BestEpoch + 1}.");
        }

        foreach ((string name, NDArray values) in _bestWeights)
        {
            Model.Network.SetVariable(name, values);
        }
    }

    /// <summary>The monitored figure; null, with a warning, if it isn't there.</summary>
    protected virtual double? GetMonitorValue(Logs logs)
    {
        ArgumentNullException.ThrowIfNull(logs);
        if (logs.TryGetValue(_monitor, out double value))
        {
            return value;
        }

        Model.Warn($"Early stopping conditioned on metric `{_monitor}` which is not available. Available metrics are: {string.Join(",", logs.Keys)}");
        return null;
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyDictionary<string, NDArray> SaveState()
    {
        var state = new Dictionary<string, NDArray>(StringComparer.Ordinal)
        {
            ["best"] = NDArray.From([Best]),
            ["counters"] = NDArray.From([BestEpoch, StoppedEpoch, Wait]),
        };
        foreach ((string name, NDArray values) in _bestWeights ?? [])
        {
            state["weights/" + name] = values;
        }

        return state;
    }

    /// <inheritdoc/>
    protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Best = state.Numbers("best", 1)[0];
        (BestEpoch, StoppedEpoch, Wait) = state.Integers("counters", 3) is [var best, var stopped, var wait] ? (best, stopped, wait) : default;
        Dictionary<string, NDArray> weights = state.Where(pair => pair.Key.StartsWith("weights/", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key["weights/".Length..], pair => pair.Value, StringComparer.Ordinal);
        _bestWeights = weights.Count > 0 ? weights : null;
    }

    private void KeepWeights(int epoch)
    {
        BestEpoch = epoch;
        _bestWeights = Model.Network.Variables.ToDictionary(name => name, Model.Network.GetVariable, StringComparer.Ordinal);
    }

    private bool IsImprovement(double value, double reference) => _mode.IsBetter(value - _minDelta, reference);
}
