namespace VggTransfer.Keras.Data;

/// <summary>The first pass of another dataset, kept in memory from its first complete reading on.</summary>
internal sealed class CachedDataset(Dataset source) : Dataset
{
    private volatile List<Batch>? _batches;

    public override int? Cardinality => _batches?.Count ?? source.Cardinality;

    public override IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(pass);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        return _batches is { } batches ? batches.Skip(skip) : Fill(cancellationToken).Skip(skip);
    }

    private IEnumerable<Batch> Fill(CancellationToken cancellationToken)
    {
        var batches = new List<Batch>();
        foreach (Batch batch in source.Read(pass: 0, skip: 0, cancellationToken))
        {
            batches.Add(batch);
            yield return batch;
        }

        // Only a reading that went to the end has everything.
        _batches = batches;
    }
}
