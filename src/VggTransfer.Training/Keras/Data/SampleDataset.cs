namespace VggTransfer.Keras.Data;

/// <summary>
/// Samples before they are put into batches, in an order that follows from the pass:
/// <c>Dataset.FromTensorSlices(x, y).Shuffle(50_000, seed: 1).Batch(128)</c>. Immutable: each method gives another one.
/// </summary>
public sealed class SampleDataset
{
    private readonly SampleSource _source;
    private readonly SampleOrder _order;
    private readonly Func<Batch, Batch>? _function;

    private SampleDataset(SampleSource source, SampleOrder order, Func<Batch, Batch>? function)
    {
        _source = source;
        _order = order;
        _function = function;
    }

    /// <summary>The number of samples of a pass; null if endless.</summary>
    public int? Cardinality => _order.Count;

    /// <summary>All samples of a source, in their own order.</summary>
    /// <param name="source">Where they come from.</param>
    public static SampleDataset Of(SampleSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new(source, SampleOrder.Sequential(source.Count), function: null);
    }

    /// <summary>
    /// Mixes the samples, as tf.data does: each next one is drawn from a buffer that the source fills up. A buffer as large
    /// as the dataset shuffles completely.
    /// </summary>
    /// <param name="bufferSize">Samples in the buffer, 1 or more; only their numbers are kept.</param>
    /// <param name="seed">The same seed gives the same orders again, pass by pass.</param>
    /// <param name="reshuffleEachIteration">Whether each pass has another order.</param>
    public SampleDataset Shuffle(int bufferSize, int seed = 0, bool reshuffleEachIteration = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferSize, 1);
        return With(_order.Shuffle(bufferSize, (ulong)seed, reshuffleEachIteration));
    }

    /// <summary>Reads the samples several times over, or for ever; each time is a pass of its own.</summary>
    /// <param name="count">How many times, 0 or more; null for ever.</param>
    public SampleDataset Repeat(int? count = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count ?? 0, nameof(count));
        return With(_order.Repeat(count));
    }

    /// <summary>The first samples of each pass.</summary>
    /// <param name="count">How many, 0 or more.</param>
    public SampleDataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return With(_order.Take(count));
    }

    /// <summary>All but the first samples of each pass.</summary>
    /// <param name="count">How many are left out, 0 or more.</param>
    public SampleDataset Skip(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return With(_order.Skip(count));
    }

    /// <summary>Changes samples. They are handed over many at once, when a batch is made: the function must treat each alone.</summary>
    /// <param name="function">Gives as many samples as it gets, and the same for the same.</param>
    public SampleDataset Map(Func<Batch, Batch> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return new(_source, _order, _function is { } first ? batch => function(first(batch)) : function);
    }

    /// <summary>Changes inputs and targets, as <see cref="Map(Func{Batch, Batch})"/>; sample weights stay.</summary>
    /// <param name="function">Gives as many samples as it gets, and the same for the same.</param>
    public SampleDataset Map(Func<NDArray, NDArray, (NDArray X, NDArray Y)> function) => Map(BatchFunction.Of(function));

    /// <summary>Puts the samples into batches.</summary>
    /// <param name="size">Samples in a batch, 1 or more; the last batch of a pass may have fewer.</param>
    /// <param name="dropRemainder">Whether an incomplete last batch is left out.</param>
    public Dataset Batch(int size, bool dropRemainder = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        int? cardinality = Cardinality is { } samples ? dropRemainder ? samples / size : (int)(((long)samples + size - 1) / size) : null;
        return new DerivedDataset(cardinality, isEndless: cardinality is null, (pass, skip, cancellationToken) => ReadBatches(size, dropRemainder, pass, skip, cancellationToken));
    }

    private SampleDataset With(SampleOrder order) => new(_source, order, _function);

    private IEnumerable<Batch> ReadBatches(int size, bool dropRemainder, int pass, int skip, CancellationToken cancellationToken)
    {
        foreach (int[] samples in _order.Read(pass).Chunk(size).Skip(skip))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (dropRemainder && samples.Length < size)
            {
                yield break;
            }

            Batch batch = _source.Gather(samples, cancellationToken);
            yield return _function is null ? batch : _function(batch);
        }
    }
}
