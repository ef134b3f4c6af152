namespace VggTransfer.Keras.Data;

/// <summary>Samples that can be had in any order.</summary>
internal abstract class SampleSource
{
    public abstract int Count { get; }

    /// <summary>The samples of these numbers, in this order.</summary>
    public abstract Batch Gather(ReadOnlyMemory<int> samples, CancellationToken cancellationToken);
}
