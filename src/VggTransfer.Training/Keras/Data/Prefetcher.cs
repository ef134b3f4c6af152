using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace VggTransfer.Keras.Data;

/// <summary>Gets batches ready on a background thread, a bounded number ahead of whoever reads them.</summary>
internal static class Prefetcher
{
    /// <param name="read">Gives the batches; called and enumerated on the background thread.</param>
    /// <param name="count">How many may lie ready, 1 or more.</param>
    /// <param name="cancellationToken">Ends the reading with <see cref="OperationCanceledException"/>.</param>
    /// <returns>
    /// The same batches in the same order. What the source throws, the reader gets in its place. When the reading ends
    /// early, the background thread has ended, too.
    /// </returns>
    public static IEnumerable<Batch> Read(Func<CancellationToken, IEnumerable<Batch>> read, int count, CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<Batch> channel = Channel.CreateBounded<Batch>(new BoundedChannelOptions(count) { SingleReader = true, SingleWriter = true });
        Task producer = Task.Factory.StartNew(() => Produce(read, channel.Writer, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            while (Next(channel.Reader, cancellationToken, out Batch? batch))
            {
                yield return batch;
            }

            // The source's own exception, if that is how it ended.
            producer.GetAwaiter().GetResult();
        }
        finally
        {
            stop.Cancel();
            ((IAsyncResult)producer).AsyncWaitHandle.WaitOne();
        }
    }

    private static bool Next(ChannelReader<Batch> reader, CancellationToken cancellationToken, [NotNullWhen(true)] out Batch? batch)
    {
        while (!reader.TryRead(out batch))
        {
            if (!reader.WaitToReadAsync(cancellationToken).AsTask().GetAwaiter().GetResult())
            {
                return false;
            }
        }

        return true;
    }

    private static void Produce(Func<CancellationToken, IEnumerable<Batch>> read, ChannelWriter<Batch> writer, CancellationToken stop)
    {
        try
        {
            foreach (Batch batch in read(stop))
            {
                if (!writer.TryWrite(batch))
                {
                    writer.WriteAsync(batch, stop).AsTask().GetAwaiter().GetResult();
                }
            }
        }
        finally
        {
            // What was thrown travels in the task, behind the batches that came before it.
            writer.Complete();
        }
    }
}
