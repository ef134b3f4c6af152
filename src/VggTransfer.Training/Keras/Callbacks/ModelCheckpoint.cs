using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Callbacks;

/// <summary>Saves the model on the way (keras/src/callbacks.py).</summary>
public class ModelCheckpoint : Callback
{
    private readonly string _filepath;
    private readonly string _monitor;
    private readonly int _verbose;
    private readonly bool _saveBestOnly;
    private readonly bool _saveWeightsOnly;
    private readonly Frequency _saveFreq;
    private MonitorMode _mode;
    private int _epoch;
    private int _batchesSinceSaving;

    /// <param name="filepath">
    /// The file. It may have fields, as Python's <c>str.format</c> fills them: <c>epoch</c> and, where saving goes by steps,
    /// <c>batch</c> (both from 1), and the figures: <c>model-{epoch:02d}-{val_loss:.2f}.safetensors</c>. For weights
    /// alone the ending decides the format; a whole model is safetensors, whatever its name. Folders are made if need be.
    /// </param>
    /// <param name="monitor">The figure that says which is the best.</param>
    /// <param name="verbose">1 prints each saving, 0 nothing.</param>
    /// <param name="saveBestOnly">Whether only what is better than all before is saved.</param>
    /// <param name="saveWeightsOnly">Whether the layers are left out.</param>
    /// <param name="mode">
    /// <c>min</c>: less is better; <c>max</c>: more is better; <c>auto</c>: more for names with acc in them or that begin with
    /// fmeasure.
    /// </param>
    /// <param name="saveFreq">When is saved: after each epoch, or after so many steps, counted over all epochs.</param>
    /// <param name="initialValueThreshold">What must be surpassed first; null for nothing.</param>
    public ModelCheckpoint(
        string filepath,
        string monitor = "val_loss",
        int verbose = 0,
        bool saveBestOnly = false,
        bool saveWeightsOnly = false,
        string mode = "auto",
        Frequency saveFreq = default,
        double? initialValueThreshold = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(filepath);
        ArgumentNullException.ThrowIfNull(monitor);
        bool isMaxByName = monitor.Contains("acc", StringComparison.Ordinal) || monitor.StartsWith("fmeasure", StringComparison.Ordinal);
        _mode = MonitorMode.Of(mode, isMaxByName, "ModelCheckpoint mode");
        _filepath = filepath;
        _monitor = monitor;
        _verbose = verbose;
        _saveBestOnly = saveBestOnly;
        _saveWeightsOnly = saveWeightsOnly;
        _saveFreq = saveFreq;
        Best = initialValueThreshold ?? _mode.Worst;
    }

    /// <summary>The best value so far.</summary>
    public double Best { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs) => _mode = _mode.Announced(this);

    /// <inheritdoc/>
    public override void OnEpochBegin(int epoch, Logs logs) => _epoch = epoch;

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">The file's name has a field that isn't there.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public override void OnTrainBatchEnd(int batch, Logs logs)
    {
        if (_saveFreq.Steps <= ++_batchesSinceSaving)
        {
            _batchesSinceSaving = 0;
            Save(_epoch, batch, logs);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KeyNotFoundException">The file's name has a field that isn't there.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        if (_saveFreq.Steps is null)
        {
            Save(epoch, batch: null, logs);
        }
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyDictionary<string, NDArray> SaveState() => new Dictionary<string, NDArray>(StringComparer.Ordinal)
    {
        ["best"] = NDArray.From([Best]),
        ["batches"] = NDArray.From([_batchesSinceSaving]),
    };

    /// <inheritdoc/>
    protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Best = state.Numbers("best", 1)[0];
        _batchesSinceSaving = state.Integers("batches", 1)[0];
    }

    private void Save(int epoch, int? batch, Logs logs)
    {
        string path = PathFor(epoch, batch, logs);
        if (Path.GetDirectoryName(path) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        if (!_saveBestOnly)
        {
            Print($"Epoch {epoch + 1}: saving model to {path}");
            Write(path);
        }
        else if (!logs.TryGetValue(_monitor, out double current))
        {
            Model.Warn($"Can save best model only with {_monitor} available, skipping.");
        }
        else if (!_mode.IsBetter(current, Best))
        {
            Print($"Epoch {epoch + 1}: {_monitor} did not improve from {PythonFormat.Fixed(Best, 5)}");
        }
        else
        {
            Print($"Epoch {epoch + 1}: {_monitor} improved from {PythonFormat.Fixed(Best, 5)} to {PythonFormat.Fixed(current, 5)}, saving model to {path}");
            Best = current;
            Write(path);
        }
    }

    private void Write(string path)
    {
        if (_saveWeightsOnly)
        {
            Model.SaveWeights(path);
        }
        else
        {
            Model.Save(path);
        }
    }

    private void Print(string message)
    {
        if (_verbose > 0)
        {
            Model.Print("\n" + message);
        }
    }

    private string PathFor(int epoch, int? batch, Logs logs)
    {
        var integers = new Dictionary<string, int>(StringComparer.Ordinal) { ["epoch"] = epoch + 1 };
        if (batch is { } step)
        {
            integers["batch"] = step + 1;
        }

        try
        {
            return FormatTemplate.Format(_filepath, integers, logs);
        }
        catch (KeyNotFoundException exception)
        {
            throw new KeyNotFoundException($"Failed to format this callback filepath: \"{_filepath}\". Reason: '{exception.Message}'", exception);
        }
    }
}
