namespace VggTransfer.Keras.Data;

/// <summary>A dataset that follows from another by a function.</summary>
/// <param name="cardinality">Batches in a pass.</param>
/// <param name="isEndless">Whether a pass never ends.</param>
/// <param name="read">Pass, batches to skip and cancellation to batches.</param>
internal sealed class DerivedDataset(int? cardinality, bool isEndless, Func<int, int, CancellationToken, IEnumerable<Batch>> read) : Dataset
{
    public override int? Cardinality => cardinality;

    internal override bool IsEndless => isEndless;

    public override IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pass);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        return read(pass, skip, cancellationToken);
    }
}
