using VggTransfer.Training;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Has the moving averages of the weights judged, for an optimizer with <c>useEma</c>: they take the weights' place during
/// each validation, evaluation and prediction that the callback is part of (keras/src/callbacks/swap_ema_weights.py of Keras 3).
/// Training goes on with the weights as they were, to the last bit; when it ends the averages are the weights in any case.
/// </summary>
public class SwapEMAWeights : Callback
{
    private readonly bool _swapOnEpoch;

    /// <param name="swapOnEpoch">
    /// Whether the averages stand in the weights' place at the end of each epoch, too, until the next one begins: for callbacks that
    /// save or keep weights then. Those must come after this one in the list: only so are the weights that
    /// <see cref="ModelCheckpoint"/> saves as the best, and those that <see cref="EarlyStopping"/> restores, the averages that
    /// were judged. <see cref="BackupAndRestore"/> saves both, wherever it stands.
    /// </param>
    public SwapEMAWeights(bool swapOnEpoch = false) => _swapOnEpoch = swapOnEpoch;

    // Without averages there it throws and says what to do.
    private INetwork Network => Model.CompiledNetwork;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The optimizer keeps no averages.</exception>
    public override void OnTrainBegin(Logs logs)
    {
        // Said now and not after the first epoch.
        Network.ShowsAverages = true;
        Network.ShowsAverages = false;
    }

    /// <inheritdoc/>
    public override void OnEpochBegin(int epoch, Logs logs)
    {
        if (_swapOnEpoch)
        {
            Network.ShowsAverages = false;
        }
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        if (_swapOnEpoch)
        {
            Network.ShowsAverages = true;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The optimizer keeps no averages.</exception>
    public override void OnTestBegin(Logs logs) => Network.ShowsAverages = true;

    /// <inheritdoc/>
    public override void OnTestEnd(Logs logs) => Network.ShowsAverages = false;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The optimizer keeps no averages, or the model isn't compiled.</exception>
    public override void OnPredictBegin(Logs logs) => Network.ShowsAverages = true;

    /// <inheritdoc/>
    public override void OnPredictEnd(Logs logs) => Network.ShowsAverages = false;
}
