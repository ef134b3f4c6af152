using VggTransfer.Keras.Data;
using VggTransfer.Training;

namespace VggTransfer.Keras.Models;

/// <summary>A model's outputs for a dataset.</summary>
internal static class PredictionLoop
{
    /// <param name="model">The model.</param>
    /// <param name="batches">The inputs.</param>
    /// <param name="callbacks">The callbacks.</param>
    /// <param name="cancellationToken">Looked at before each batch.</param>
    public static NDArray Run(Model model, BatchStream batches, CallbackList callbacks, CancellationToken cancellationToken)
    {
        INetwork network = model.Network;
        var outputs = new List<NDArray>();
        callbacks.OnPredictBegin();
        batches.Begin(epoch: 0, step: 0);
        for (int step = 0; batches.Steps is null || step < batches.Steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            callbacks.OnPredictBatchBegin(step);
            if (!batches.TryNext(step, out Batch? batch))
            {
                break;
            }

            outputs.Add(network.Predict(batch.X));
            callbacks.OnPredictBatchEnd(step);
        }

        if (outputs.Count == 0)
        {
            throw new ArgumentException("The data are empty; give at least one batch.");
        }

        if (batches.RanDry)
        {
            model.Warn(Warnings.RanOutOfData(batches.Steps!.Value));
        }

        callbacks.OnPredictEnd();
        return Concatenate(outputs);
    }

    private static NDArray Concatenate(List<NDArray> parts)
    {
        if (parts.Count == 1)
        {
            return parts[0];
        }

        int[] shape = [parts.Sum(part => part.Length), .. parts[0].Shape.Skip(1)];
        return parts[0].Type == ElementType.Float64
            ? NDArray.From([.. parts.SelectMany(part => (double[])part.Values)], shape)
            : NDArray.From([.. parts.SelectMany(part => (float[])part.Values)], shape);
    }
}
