namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Ends the training where the loss isn't finite any more (keras/src/callbacks.py). The epoch still ends, with validation,
/// and History gets the NaN. Without this callback <c>Fit</c> throws <see cref="Models.TrainingDivergedException"/>.
/// </summary>
public class TerminateOnNaN : Callback
{
    /// <inheritdoc/>
    public override void OnTrainBatchEnd(int batch, Logs logs)
    {
        if (logs.TryGetValue("loss", out double loss) && !double.IsFinite(loss))
        {
            Model.Print($"Batch {batch}: Invalid loss, terminating training");
            Model.StopTraining = true;
        }
    }
}
