using VggTransfer.Keras.Models;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Makes a training survive its process (keras/src/callbacks.py). Weights, the optimizer's memory, position, figures,
/// History and what callbacks remember are saved in <c>BACKUP_DIR/training.safetensors</c>; a training that is started again
/// with the same arguments goes on there, in the middle of an epoch if need be. On a CPU, with the same number of threads,
/// it ends with the same weights to the last bit as one that was never interrupted.
/// </summary>
public sealed class BackupAndRestore : Callback
{
    private readonly Frequency _saveFreq;
    private int _batches;

    /// <param name="backupDir">The folder, this training's own; made if need be.</param>
    /// <param name="saveFreq">When is saved, beside the beginning and after each epoch: after every so many steps.</param>
    /// <param name="deleteCheckpoint">Whether the checkpoint goes when the training is done.</param>
    /// <exception cref="ArgumentException">The folder's name is empty.</exception>
    public BackupAndRestore(string backupDir, Frequency saveFreq = default, bool deleteCheckpoint = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(backupDir);
        File = new TrainingCheckpointFile(Path.Combine(backupDir, "training.safetensors"));
        _saveFreq = saveFreq;
        DeletesCheckpoint = deleteCheckpoint;
    }

    /// <summary>Where the checkpoint lies.</summary>
    internal TrainingCheckpointFile File { get; }

    internal bool DeletesCheckpoint { get; }

    /// <summary>Whether the training must be saved as soon as all callbacks have had their turn.</summary>
    internal bool IsDue { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs) => _batches = 0;

    /// <inheritdoc/>
    public override void OnTrainBatchEnd(int batch, Logs logs) => IsDue = _saveFreq.Steps <= ++_batches;

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs) => IsDue = true;

    internal void Save(TrainingCheckpoint checkpoint)
    {
        File.Write(checkpoint);
        _batches = 0;
        IsDue = false;
    }
}
