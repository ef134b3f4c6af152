namespace VggTransfer.Keras.Data;

/// <content>What tf.data makes of a dataset that is in batches already.</content>
public abstract partial class Dataset
{
    /// <summary>Samples in memory, to be shuffled and put into batches (tf.data.Dataset.from_tensor_slices).</summary>
    /// <param name="x">The inputs; the first dimension counts the samples.</param>
    /// <param name="y">The targets, as many; null where only predictions are wanted.</param>
    /// <param name="sampleWeight">A factor on the loss of each sample; null for 1.</param>
    /// <exception cref="ArgumentException">The arrays hold different numbers of samples.</exception>
    public static SampleDataset FromTensorSlices(NDArray x, NDArray? y = null, NDArray? sampleWeight = null) =>
        SampleDataset.Of(new SamplesInMemory(x, y, sampleWeight));

    /// <summary>Changes each batch, as it is read; on the background thread where <see cref="Prefetch"/> follows.</summary>
    /// <param name="function">Gives the same for the same batch; called from one thread at a time for each reading.</param>
    public Dataset Map(Func<Batch, Batch> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new DerivedDataset(Cardinality, IsEndless, (pass, skip, cancellationToken) => Read(pass, skip, cancellationToken).Select(function));
    }

    /// <summary>Changes inputs and targets of each batch, as it is read; sample weights stay.</summary>
    /// <param name="function">Gives the same for the same batch.</param>
    public Dataset Map(Func<NDArray, NDArray, (NDArray X, NDArray Y)> function) => Map(BatchFunction.Of(function));

    /// <summary>Reads the dataset several times over, or for ever; each time is a pass of its own.</summary>
    /// <param name="count">How many times, 0 or more; null for ever.</param>
    public Dataset Repeat(int? count = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count ?? 0, nameof(count));
        return new DerivedDataset(checked(Cardinality * count), count is null || IsEndless, (pass, skip, cancellationToken) => ReadRepeated(count, pass, skip, cancellationToken));
    }

    /// <summary>The first batches of each pass.</summary>
    /// <param name="count">How many, 0 or more.</param>
    public Dataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new DerivedDataset(
            Cardinality is { } all ? Math.Min(all, count) : IsEndless ? count : null,
            isEndless: false,
            (pass, skip, cancellationToken) => Read(pass, Math.Min(skip, count), cancellationToken).Take(Math.Max(0, count - skip)));
    }

    /// <summary>All but the first batches of each pass.</summary>
    /// <param name="count">How many are left out, 0 or more.</param>
    public Dataset Skip(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return new DerivedDataset(
            Cardinality is { } all ? Math.Max(0, all - count) : null,
            IsEndless,
            (pass, skip, cancellationToken) => Read(pass, checked(skip + count), cancellationToken));
    }

    /// <summary>Gets batches ready on a background thread while earlier ones are worked on.</summary>
    /// <param name="count">How many may lie ready, 1 or more.</param>
    public Dataset Prefetch(int count = 2)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new DerivedDataset(Cardinality, IsEndless, (pass, skip, cancellationToken) =>
            Prefetcher.Read(token => Read(pass, skip, token), count, cancellationToken));
    }

    /// <summary>
    /// Keeps the batches of the first pass in memory: later passes get the same ones in the same order, so shuffling and
    /// augmentation belong behind it.
    /// </summary>
    public Dataset Cache() => new CachedDataset(this);

    private IEnumerable<Batch> ReadRepeated(int? count, int pass, int skip, CancellationToken cancellationToken)
    {
        // An endless dataset has no second pass of its own; the numbers only have to follow from the pass.
        int first = count is { } times ? checked(pass * times) : pass;
        for (int i = 0; count is null || i < count; i++)
        {
            if (Cardinality is > 0 and int length && skip >= length)
            {
                skip -= length;
                continue;
            }

            int read = 0;
            int skipped = Cardinality is null ? 0 : skip;
            foreach (Batch batch in Read(first + i, skipped, cancellationToken))
            {
                read++;
                if (skipped + read > skip)
                {
                    yield return batch;
                }
            }

            skip = Math.Max(0, skip - skipped - read);
            if (count is null && skipped + read == 0)
            {
                yield break;
            }
        }
    }
}
