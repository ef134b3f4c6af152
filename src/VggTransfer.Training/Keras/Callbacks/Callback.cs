using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Something that is called while a model is trained, evaluated or used (keras/src/callbacks.py). It may change
/// <see cref="Models.Model.StopTraining"/>, the optimizer's learning rate and the logs.
/// </summary>
public abstract class Callback
{
    private Model? _model;

    /// <summary>The model that the callback is used with.</summary>
    /// <exception cref="InvalidOperationException">It isn't in use yet.</exception>
    public Model Model => _model ?? throw new InvalidOperationException($"{GetType().Name} has no model before training begins.");

    /// <summary>What the run is going to do.</summary>
    public RunParameters Parameters { get; private set; } = new();

    /// <summary>Called before the first epoch.</summary>
    public virtual void OnTrainBegin(Logs logs) { }

    /// <summary>Called after the last epoch, also when training was stopped.</summary>
    public virtual void OnTrainEnd(Logs logs) { }

    /// <summary>Called before an epoch.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="logs">Empty.</param>
    public virtual void OnEpochBegin(int epoch, Logs logs) { }

    /// <summary>Called after an epoch, validation included.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="logs">The epoch's figures; what is added to them goes into History and to later callbacks.</param>
    public virtual void OnEpochEnd(int epoch, Logs logs) { }

    /// <summary>Called before a step of training.</summary>
    /// <param name="batch">From 0 in each epoch.</param>
    /// <param name="logs">Empty.</param>
    public virtual void OnTrainBatchBegin(int batch, Logs logs) { }

    /// <summary>Called after a step of training.</summary>
    /// <param name="batch">From 0 in each epoch.</param>
    /// <param name="logs">The running figures of the epoch.</param>
    public virtual void OnTrainBatchEnd(int batch, Logs logs) { }

    /// <summary>Called before an evaluation, also the validation within a training.</summary>
    public virtual void OnTestBegin(Logs logs) { }

    /// <summary>Called after an evaluation.</summary>
    public virtual void OnTestEnd(Logs logs) { }

    /// <summary>Called before a step of evaluation.</summary>
    public virtual void OnTestBatchBegin(int batch, Logs logs) { }

    /// <summary>Called after a step of evaluation.</summary>
    public virtual void OnTestBatchEnd(int batch, Logs logs) { }

    /// <summary>Called before a prediction.</summary>
    public virtual void OnPredictBegin(Logs logs) { }

    /// <summary>Called after a prediction.</summary>
    public virtual void OnPredictEnd(Logs logs) { }

    /// <summary>Called before a step of prediction.</summary>
    public virtual void OnPredictBatchBegin(int batch, Logs logs) { }

    /// <summary>Called after a step of prediction.</summary>
    public virtual void OnPredictBatchEnd(int batch, Logs logs) { }

    /// <summary>
    /// What the callback must remember for a training that is interrupted and resumed to end as if it had not been;
    /// empty if nothing. Numbers go into arrays: a counter is an array of one.
    /// </summary>
    protected internal virtual IReadOnlyDictionary<string, NDArray> SaveState() => new Dictionary<string, NDArray>();

    /// <summary>
    /// Takes back what <see cref="SaveState"/> gave. Called after <see cref="OnTrainBegin"/>, and where training goes on
    /// within an epoch once more after that epoch's <see cref="OnEpochBegin"/>.
    /// </summary>
    protected internal virtual void RestoreState(IReadOnlyDictionary<string, NDArray> state) { }

    internal void Attach(Model model, RunParameters parameters)
    {
        _model = model;
        Parameters = parameters;
    }
}
