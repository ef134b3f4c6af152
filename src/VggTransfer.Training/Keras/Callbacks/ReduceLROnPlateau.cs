using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Lowers the learning rate when a figure doesn't get better any more, and adds the rate of each epoch to the logs as
/// <c>lr</c> (keras/src/callbacks.py).
/// </summary>
public class ReduceLROnPlateau : Callback
{
    private readonly string _monitor;
    private readonly double _factor;
    private readonly int _patience;
    private readonly int _verbose;
    private readonly double _minDelta;
    private readonly int _cooldown;
    private readonly double _minLr;
    private MonitorMode _mode;

    /// <param name="monitor">The figure.</param>
    /// <param name="factor">What the rate is multiplied by, below 1.</param>
    /// <param name="patience">So many epochs without improvement lower the rate; 0 is as 1.</param>
    /// <param name="verbose">1 prints each new rate, 0 nothing.</param>
    /// <param name="mode"><c>min</c>: less is better; <c>max</c>: more is better; <c>auto</c>: more for names with acc in them.</param>
    /// <param name="minDelta">Less of a change is no improvement.</param>
    /// <param name="cooldown">Epochs after a new rate in which nothing is counted.</param>
    /// <param name="minLr">The lowest rate.</param>
    /// <exception cref="ArgumentException">The factor is 1 or more.</exception>
    public ReduceLROnPlateau(
        string monitor = "val_loss",
        double factor = 0.1,
        int patience = 10,
        int verbose = 0,
        string mode = "auto",
        double minDelta = 1e-4,
        int cooldown = 0,
        double minLr = 0)
    {
        ArgumentNullException.ThrowIfNull(monitor);
        if (factor >= 1)
        {
            throw new ArgumentException($"ReduceLROnPlateau does not support a factor >= 1.0. Got {PythonFormat.Repr(factor)}", nameof(factor));
        }

        _mode = MonitorMode.Of(mode, monitor.Contains("acc", StringComparison.Ordinal), "Learning rate reduction mode");
        _monitor = monitor;
        _factor = factor;
        _patience = patience;
        _verbose = verbose;
        _minDelta = minDelta;
        _cooldown = cooldown;
        _minLr = minLr;
        Best = _mode.Worst;
    }

    /// <summary>The best value so far.</summary>
    public double Best { get; private set; }

    /// <summary>Epochs since the last improvement.</summary>
    public int Wait { get; private set; }

    /// <summary>Epochs in which nothing is counted yet.</summary>
    public int CooldownCounter { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs)
    {
        _mode = _mode.Announced(this);
        Best = _mode.Worst;
        Wait = 0;
        CooldownCounter = 0;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The optimizer's rate follows a schedule of its own.</exception>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        ArgumentNullException.ThrowIfNull(logs);
        logs.SetSingle("lr", (float)Model.Optimizer.LearningRate);
        if (!logs.TryGetValue(_monitor, out double current))
        {
            Model.Warn($"Learning rate reduction is conditioned on metric `{_monitor}` which is not available. Available metrics are: {string.Join(",", logs.Keys)}");
            return;
        }

        if (CooldownCounter > 0)
        {
            CooldownCounter--;
            Wait = 0;
        }

        if (_mode.IsBetter(current, _mode.IsMax ? Best + _minDelta : Best - _minDelta))
        {
            Best = current;
            Wait = 0;
        }
        else if (CooldownCounter == 0 && ++Wait >= _patience)
        {
            Reduce(epoch);
        }
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyDictionary<string, NDArray> SaveState() => new Dictionary<string, NDArray>(StringComparer.Ordinal)
    {
        ["best"] = NDArray.From([Best]),
        ["counters"] = NDArray.From([Wait, CooldownCounter]),
    };

    /// <inheritdoc/>
    protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Best = state.Numbers("best", 1)[0];
        int[] counters = state.Integers("counters", 2);
        (Wait, CooldownCounter) = (counters[0], counters[1]);
    }

    private void Reduce(int epoch)
    {
        // All in 4-byte numbers, as NumPy computes with a rate that is one.
        float old = (float)Model.Optimizer.LearningRate;
        if (old <= (float)_minLr)
        {
            return;
        }

        float product = old * (float)_factor;
        double rate = (float)_minLr > product ? _minLr : product;
        Model.Optimizer.LearningRate = rate;
        if (_verbose > 0)
        {
            Model.Print($"\nEpoch {epoch + 1}: ReduceLROnPlateau reducing learning rate to {PythonFormat.Repr(rate)}.");
        }

        CooldownCounter = _cooldown;
        Wait = 0;
    }
}
