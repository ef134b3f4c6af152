using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Keras.Models;

/// <summary>
/// The callbacks of a run in the order in which they are called: those that were given, then the History and the progress
/// text, unless these were among them.
/// </summary>
internal sealed class CallbackList
{
    private readonly List<Callback> _callbacks;

    public CallbackList(IReadOnlyList<Callback>? callbacks, Verbosity verbose)
    {
        _callbacks = [.. callbacks ?? []];
        if (_callbacks.Contains(null!))
        {
            throw new ArgumentException("One of the callbacks is null.", nameof(callbacks));
        }

        History = _callbacks.OfType<History>().LastOrDefault() ?? Append(new History());
        if (verbose != Verbosity.Silent && !_callbacks.OfType<ProgbarLogger>().Any())
        {
            Append(new ProgbarLogger());
        }
    }

    public History History { get; }

    public IReadOnlyList<Callback> All => _callbacks;

    public void Attach(Model model, RunParameters parameters) => Each(callback => callback.Attach(model, parameters));

    public void OnTrainBegin() => EachWith(new Logs(), (callback, logs) => callback.OnTrainBegin(logs));

    public void OnTrainEnd(Logs logs) => EachWith(logs, (callback, shared) => callback.OnTrainEnd(shared));

    public void OnEpochBegin(int epoch) => EachWith(new Logs(), (callback, logs) => callback.OnEpochBegin(epoch, logs));

    public void OnEpochEnd(int epoch, Logs logs) => EachWith(logs, (callback, shared) => callback.OnEpochEnd(epoch, shared));

    public void OnTrainBatchBegin(int batch) => EachWith(new Logs(), (callback, logs) => callback.OnTrainBatchBegin(batch, logs));

    public void OnTrainBatchEnd(int batch, Logs logs) => EachWith(logs, (callback, shared) => callback.OnTrainBatchEnd(batch, shared));

    public void OnTestBegin() => EachWith(new Logs(), (callback, logs) => callback.OnTestBegin(logs));

    public void OnTestEnd(Logs logs) => EachWith(logs, (callback, shared) => callback.OnTestEnd(shared));

    public void OnTestBatchBegin(int batch) => EachWith(new Logs(), (callback, logs) => callback.OnTestBatchBegin(batch, logs));

    public void OnTestBatchEnd(int batch, Logs logs) => EachWith(logs, (callback, shared) => callback.OnTestBatchEnd(batch, shared));

    public void OnPredictBegin() => EachWith(new Logs(), (callback, logs) => callback.OnPredictBegin(logs));

    public void OnPredictEnd() => EachWith(new Logs(), (callback, logs) => callback.OnPredictEnd(logs));

    public void OnPredictBatchBegin(int batch) => EachWith(new Logs(), (callback, logs) => callback.OnPredictBatchBegin(batch, logs));

    public void OnPredictBatchEnd(int batch) => EachWith(new Logs(), (callback, logs) => callback.OnPredictBatchEnd(batch, logs));

    private T Append<T>(T callback)
        where T : Callback
    {
        _callbacks.Add(callback);
        return callback;
    }

    private void Each(Action<Callback> call) => _callbacks.ForEach(call);

    // One object for all callbacks: what one of them adds, the later ones see.
    private void EachWith(Logs logs, Action<Callback, Logs> call)
    {
        foreach (Callback callback in _callbacks)
        {
            call(callback, logs);
        }
    }
}
