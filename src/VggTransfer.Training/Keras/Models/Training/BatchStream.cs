using System.Diagnostics.CodeAnalysis;
using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Models;

/// <summary>
/// The batches of a run, epoch by epoch, read on a thread of their own. Either each epoch reads the dataset anew, or, where
/// the steps of an epoch are given and aren't those of the dataset, all epochs read on in one stream (keras/engine/data_adapter.py).
/// </summary>
internal sealed class BatchStream : IDisposable
{
    // One batch in work, two ready: more only takes memory, where reading keeps up at all.
    private const int BatchesAhead = 2;

    private readonly Func<int, int, CancellationToken, IEnumerable<Batch>> _read;
    private readonly bool _continuous;
    private readonly int _firstEpoch;
    private readonly CancellationToken _cancellationToken;
    private IEnumerator<Batch>? _batches;

    private BatchStream(Func<int, int, CancellationToken, IEnumerable<Batch>> read, int? steps, bool continuous, int firstEpoch, CancellationToken cancellationToken)
    {
        if (steps == 0)
        {
            throw new ArgumentException("The data are empty; give at least one batch.");
        }

        _read = read;
        Steps = steps;
        _continuous = continuous;
        _firstEpoch = firstEpoch;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Steps of an epoch; null until the first end of a dataset that doesn't know its length.</summary>
    public int? Steps { get; private set; }

    /// <summary>Whether the data ended before an epoch's steps were done; there are no more epochs then.</summary>
    public bool RanDry { get; private set; }

    /// <param name="dataset">What is read.</param>
    /// <param name="steps">The steps of an epoch; null for the dataset's length.</param>
    /// <param name="firstEpoch">The first epoch of the run.</param>
    /// <param name="epochs">The epoch after the last one.</param>
    /// <param name="repeated">
    /// Whether, read on in one stream, the data come again for each of the epochs: so it is with arrays, not with datasets.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="ArgumentException">There is nothing to read.</exception>
    public static BatchStream Of(Dataset dataset, int? steps, int firstEpoch, int epochs, bool repeated, CancellationToken cancellationToken)
    {
        if (steps is null && dataset.IsEndless)
        {
            throw new ArgumentException("The dataset never ends; say how many steps make an epoch, or leave its Repeat out.");
        }

        bool continuous = steps is not null && steps != dataset.Cardinality;
        Func<int, int, CancellationToken, IEnumerable<Batch>> read = !continuous ? dataset.Read
            : repeated ? (pass, skip, token) => ReadRepeated(dataset, pass, epochs, skip, token)
            : dataset.Read;
        return new BatchStream(read, steps ?? dataset.Cardinality, continuous, firstEpoch, cancellationToken);
    }

    /// <summary>Goes to a step of an epoch; epochs follow one another.</summary>
    public void Begin(int epoch, int step)
    {
        if (_continuous && _batches is not null)
        {
            return;
        }

        _batches?.Dispose();
        int skip = _continuous ? checked(((epoch - _firstEpoch) * Steps!.Value) + step) : step;
        int pass = _continuous ? _firstEpoch : epoch;
        _batches = Prefetcher.Read(token => _read(pass, skip, token), BatchesAhead, _cancellationToken).GetEnumerator();
    }

    /// <summary>The next batch; false at the end of the data.</summary>
    /// <param name="step">The step that asks.</param>
    /// <param name="batch">The batch.</param>
    public bool TryNext(int step, [NotNullWhen(true)] out Batch? batch)
    {
        if (_batches!.MoveNext())
        {
            batch = _batches.Current;
            return true;
        }

        if (Steps is null)
        {
            Steps = step;
        }
        else
        {
            RanDry = true;
        }

        batch = null;
        return false;
    }

    /// <summary>Takes on what an earlier process found out.</summary>
    public void Restore(int? steps) => Steps ??= steps;

    public void Dispose() => _batches?.Dispose();

    private static IEnumerable<Batch> ReadRepeated(Dataset dataset, int firstPass, int lastPass, int skip, CancellationToken cancellationToken)
    {
        int length = dataset.Cardinality!.Value;
        for (int pass = firstPass + (skip / length); pass < lastPass; pass++)
        {
            foreach (Batch batch in dataset.Read(pass, skip % length, cancellationToken))
            {
                yield return batch;
            }

            skip = 0;
        }
    }
}
