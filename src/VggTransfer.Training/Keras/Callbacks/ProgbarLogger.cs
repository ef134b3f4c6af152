namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Prints progress as Keras does (keras/src/callbacks.py): a bar, or a line for each epoch. Every run has one that isn't
/// silent. It counts steps.
/// </summary>
public class ProgbarLogger : Callback
{
    private readonly HashSet<string> _statefulMetrics;
    private Progbar? _progbar;
    private int? _target;
    private int _seen;
    private bool _inFit;

    /// <param name="statefulMetrics">
    /// Figures of callbacks that are shown as they come; others are averaged over the steps. The loss and the metrics are
    /// always shown as they come, since they are means already.
    /// </param>
    public ProgbarLogger(IEnumerable<string>? statefulMetrics = null) => _statefulMetrics = new(statefulMetrics ?? [], StringComparer.Ordinal);

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs)
    {
        // A validation within a training is silent.
        _inFit = true;
        _target = Parameters.Steps;
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(Logs logs) => _inFit = false;

    /// <inheritdoc/>
    public override void OnTestBegin(Logs logs)
    {
        if (!_inFit)
        {
            Start(Parameters.Steps);
        }
    }

    /// <inheritdoc/>
    public override void OnPredictBegin(Logs logs) => Start(Parameters.Steps);

    /// <inheritdoc/>
    public override void OnEpochBegin(int epoch, Logs logs)
    {
        Start(_target);
        if (Parameters is { Verbose: not Verbosity.Silent, Epochs: > 1 })
        {
            Model.Print($"Epoch {epoch + 1}/{Parameters.Epochs}");
        }
    }

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(int batch, Logs logs) => Update(batch, logs);

    /// <inheritdoc/>
    public override void OnTestBatchEnd(int batch, Logs logs)
    {
        if (!_inFit)
        {
            Update(batch, logs);
        }
    }

    /// <inheritdoc/>
    public override void OnPredictBatchEnd(int batch, Logs logs) => Update(batch, []);

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs) => Finish(logs);

    /// <inheritdoc/>
    public override void OnTestEnd(Logs logs)
    {
        if (!_inFit)
        {
            Finish(logs);
        }
    }

    /// <inheritdoc/>
    public override void OnPredictEnd(Logs logs) => Finish([]);

    private void Start(int? target)
    {
        _seen = 0;
        _target = target;
        _progbar = new Progbar(target, Parameters.Verbose, IsStateful, Write, Model.Clock, OverwritesLines);
    }

    private void Update(int batch, Logs logs)
    {
        _seen = batch + 1;
        if (Parameters.Verbose == Verbosity.ProgressBar)
        {
            _progbar?.Update(_seen, logs, finalize: false);
        }
    }

    private void Finish(Logs logs)
    {
        if (_progbar is null)
        {
            return;
        }

        // What wasn't known is known after the first epoch, and for the later ones, too.
        _target ??= _seen;
        _progbar.Target = _target;
        _progbar.Update(_target.Value, logs, finalize: true);
    }

    private bool IsStateful(string name) =>
        name == "loss" || _statefulMetrics.Contains(name) || (Model.IsCompiled && Model.Training.Metrics.Any(metric => metric.Name == name));

    private void Write(string text)
    {
        Model.Output.Write(text);
        Model.Output.Flush();
    }

    // Keras overwrites its lines also where output goes to a file, except on Windows (Progbar, _dynamic_display).
    private static bool OverwritesLines => !OperatingSystem.IsWindows() || !Console.IsOutputRedirected;
}
