namespace VggTransfer.Keras.Data;

/// <summary>
/// A source of batches that can be read again and again. What comes out is a function of the pass alone: the second
/// reading of pass 3 gives the same batches in the same order, whatever was read in between, so that a training that was
/// interrupted goes on with exactly what it would have seen.
/// </summary>
public abstract partial class Dataset
{
    /// <summary>The number of batches of a pass; null if it isn't known before the end, or endless.</summary>
    public abstract int? Cardinality { get; }

    /// <summary>Whether a pass is known never to end.</summary>
    internal virtual bool IsEndless => false;

    /// <summary>Reads a pass.</summary>
    /// <param name="pass">The pass, from 0: the epoch, for a training that reads the whole dataset in each.</param>
    /// <param name="skip">Batches at the beginning that aren't wanted; skipping them costs little.</param>
    /// <param name="cancellationToken">Ends the reading with <see cref="OperationCanceledException"/>.</param>
    public abstract IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default);
}
