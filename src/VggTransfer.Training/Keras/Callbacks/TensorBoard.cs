using System.Text;
using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Writes figures for TensorBoard in the layout of Keras 2 (keras/src/callbacks.py): below the log folder <c>train</c> with
/// <c>epoch_loss</c>, <c>epoch_accuracy</c>, <c>epoch_lr</c> or <c>epoch_learning_rate</c>, and on request
/// <c>batch_loss</c> ...; <c>validation</c> with <c>epoch_loss</c> ... and <c>evaluation_loss_vs_iterations</c> ... Graphs,
/// images, embeddings and profiles aren't written.
/// </summary>
public class TensorBoard : Callback
{
    private const string Train = "train";
    private const string Validation = "validation";

    private static readonly string[] s_runs = [Train, Validation];

    private readonly string _logDir;
    private readonly int _histogramFreq;
    private readonly Frequency _updateFreq;
    private readonly Dictionary<string, EventFile> _files = new(StringComparer.Ordinal);
    private bool _inFit;
    private int _steps;

    /// <param name="logDir">The folder; made if need be.</param>
    /// <param name="histogramFreq">Every so many epochs the spread of all weights is written; 0 for never.</param>
    /// <param name="updateFreq">
    /// <c>"epoch"</c>, or how often the running figures are written within epochs: <c>"batch"</c>, or every so many steps.
    /// </param>
    /// <exception cref="ArgumentException">The folder's name is empty, or a frequency is out of its range.</exception>
    public TensorBoard(string logDir = "logs", int histogramFreq = 0, Frequency updateFreq = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(logDir);
        ArgumentOutOfRangeException.ThrowIfNegative(histogramFreq);
        _logDir = logDir;
        _histogramFreq = histogramFreq;
        _updateFreq = updateFreq;
    }

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs)
    {
        // Named before a checkpoint can be made, so that a training that goes on there knows all that was written since.
        Reserve();
        _steps = 0;
        _inFit = true;
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(Logs logs) => _inFit = false;

    /// <inheritdoc/>
    public override void OnTestBegin(Logs logs)
    {
        if (!_inFit)
        {
            Reserve();
        }
    }

    /// <inheritdoc/>
    public override void OnTestEnd(Logs logs) =>
        Write(Validation, Model.Optimizer.Iterations, [.. logs.Select(pair => SummaryValue.Scalar($"evaluation_{pair.Key}_vs_iterations", pair.Value))]);

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(int batch, Logs logs)
    {
        _steps++;
        if (_updateFreq.Steps is { } interval && _steps % interval == 0)
        {
            Write(Train, _steps, [.. logs.Select(pair => SummaryValue.Scalar("batch_" + pair.Key, pair.Value))]);
        }
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        ILookup<bool, KeyValuePair<string, double>> figures = logs.ToLookup(pair => pair.Key.StartsWith("val_", StringComparison.Ordinal));
        List<SummaryValue> training = [.. figures[false].Select(pair => SummaryValue.Scalar("epoch_" + pair.Key, pair.Value))];
        if (Model.Optimizer.HasSchedule)
        {
            training.Add(SummaryValue.Scalar("epoch_learning_rate", Model.Optimizer.LearningRate));
        }

        Write(Train, epoch, training);
        Write(Validation, epoch, [.. figures[true].Select(pair => SummaryValue.Scalar("epoch_" + pair.Key["val_".Length..], pair.Value))]);
        if (_histogramFreq > 0 && epoch % _histogramFreq == 0)
        {
            // TensorFlow's variables are named kernel:0, and a colon can't be part of a name here.
            Write(Train, epoch, [.. Model.Network.Variables.Select(name => SummaryValue.Histogram($"{name}_0/histogram", Model.Network.GetVariable(name).ToDoubles()))]);
        }
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyDictionary<string, NDArray> SaveState()
    {
        var state = new Dictionary<string, NDArray>(StringComparer.Ordinal) { ["steps"] = NDArray.From([_steps]) };
        foreach ((string run, EventFile file) in _files)
        {
            state[$"file/{run}"] = NDArray.From(Encoding.UTF8.GetBytes(Path.GetFileName(file.Path)));
            state[$"length/{run}"] = NDArray.From([(double)file.Length]);
        }

        return state;
    }

    /// <inheritdoc/>
    protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        _steps = state.Integers("steps", 1)[0];
        foreach (string run in s_runs)
        {
            string folder = Path.Combine(_logDir, run);
            if (state.TryGetValue($"file/{run}", out NDArray? name) && name.Values is byte[] text
                && EventFile.Reopen(Path.Combine(folder, Path.GetFileName(Encoding.UTF8.GetString(text))), (long)state.Numbers($"length/{run}", 1)[0], Model.Clock) is { } file)
            {
                _files[run] = file;
            }
        }
    }

    private void Reserve()
    {
        foreach (string run in s_runs)
        {
            _files[run] = EventFile.Reserve(Path.Combine(_logDir, run), Model.Clock);
        }
    }

    private void Write(string run, long step, List<SummaryValue> values)
    {
        if (values.Count > 0)
        {
            _files[run].Write(step, values);
        }
    }
}
