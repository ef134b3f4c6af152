namespace VggTransfer.Keras.Data;

/// <summary>
/// Samples that can be had in any order, wherever they come from: derive from it, and give it to <see cref="SampleDataset.Of"/>, which shuffles and batches
/// them. Keras has <c>keras.utils.PyDataset</c> for that.
/// </summary>
public abstract class SampleSource
{
    /// <summary>The number of samples.</summary>
    public abstract int Count { get; }

    /// <summary>Some samples as one batch. May be called from another thread than the one that trains.</summary>
    /// <param name="samples">Their numbers, from 0 on, in the order that the batch has.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public abstract Batch Gather(ReadOnlyMemory<int> samples, CancellationToken cancellationToken);
}
