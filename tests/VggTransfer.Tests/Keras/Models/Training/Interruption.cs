using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Tests.Keras.Models;

/// <summary>What ends a process, as far as files can tell: nothing is called any more.</summary>
internal sealed class KilledException : Exception;

/// <summary>Ends a training, or does something else, at the n-th of all calls that a callback gets.</summary>
internal sealed class Interruption(int at, Action? act = null) : Callback
{
    public int Calls { get; private set; }

    public override void OnTrainBegin(Logs logs) => Count();

    public override void OnEpochBegin(int epoch, Logs logs) => Count();

    public override void OnTrainBatchBegin(int batch, Logs logs) => Count();

    public override void OnTrainBatchEnd(int batch, Logs logs) => Count();

    public override void OnTestBegin(Logs logs) => Count();

    public override void OnTestBatchEnd(int batch, Logs logs) => Count();

    public override void OnTestEnd(Logs logs) => Count();

    public override void OnEpochEnd(int epoch, Logs logs) => Count();

    public override void OnTrainEnd(Logs logs) => Count();

    private void Count()
    {
        if (Calls++ != at)
        {
            return;
        }

        if (act is null)
        {
            throw new KilledException();
        }

        act();
    }
}
