using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Training;

namespace VggTransfer.Keras.Models;

/// <summary>Evaluates a model on a dataset, within a training again and again.</summary>
/// <param name="model">The compiled model.</param>
/// <param name="data">What it is evaluated on.</param>
/// <param name="steps">How many batches; null for all.</param>
internal sealed class EvaluationLoop(Model model, Dataset data, int? steps)
{
    /// <summary>The steps; null until the first end of a dataset that doesn't know its length.</summary>
    public int? Steps { get; private set; } = steps ?? data.Cardinality;

    /// <summary>
    /// Whether the data ended before the steps were done. Keras keeps the reader from one validation to the next, and one
    /// that ran dry gives nothing any more: later epochs have no validation figures.
    /// </summary>
    public bool RanDry { get; private set; }

    public void Restore(int? known, bool ranDry)
    {
        Steps ??= known;
        RanDry = ranDry;
    }

    public Logs Run(CallbackList callbacks, CancellationToken cancellationToken)
    {
        INetwork network = model.CompiledNetwork;
        callbacks.OnTestBegin();
        Logs logs = RanDry ? new Logs() : Evaluate(network, callbacks, cancellationToken);
        callbacks.OnTestEnd(logs);
        return logs;
    }

    private Logs Evaluate(INetwork network, CallbackList callbacks, CancellationToken cancellationToken)
    {
        var figures = new RunningFigures(model.Training.Metrics);
        using var batches = BatchStream.Of(data, Steps, firstEpoch: 0, epochs: 1, repeated: false, cancellationToken);
        batches.Begin(epoch: 0, step: 0);
        int step = 0;
        for (; batches.Steps is null || step < batches.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            callbacks.OnTestBatchBegin(step);
            if (!batches.TryNext(step, out Batch? batch))
            {
                break;
            }

            figures.Add(network.Test(batch));
            callbacks.OnTestBatchEnd(step, figures.ToLogs());
        }

        Restore(batches.Steps, batches.RanDry);
        if (RanDry)
        {
            model.Warn(Warnings.RanOutOfData(Steps!.Value));
        }

        return step == 0 ? new Logs() : figures.ToLogs();
    }
}
