using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VggTransfer.Features;

namespace VggTransfer.Classification;

public sealed partial class ImageClassifier
{
    /// <inheritdoc/>
    public IAsyncEnumerable<ImagePrediction> ClassifyAllAsync(IAsyncEnumerable<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return ClassifyAllAsync(paths, ImageInput.FromFile, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ImagePrediction> ClassifyAllAsync(IAsyncEnumerable<ImageContent> images, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return ClassifyAllAsync(images, image => ImageInput.FromEncoded(image.Encoded, image.Name), cancellationToken);
    }

    private async IAsyncEnumerable<ImagePrediction> ClassifyAllAsync<T>(
        IAsyncEnumerable<T> source, Func<T, ImageInput> open, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var underWay = Channel.CreateBounded<Task<ImagePrediction>>(new BoundedChannelOptions(2 * _options.BatchSize) { SingleReader = true, SingleWriter = true });
        Task reading = ReadAsync();
        try
        {
            await foreach (Task<ImagePrediction> next in underWay.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return await next.ConfigureAwait(false);
            }
        }
        finally
        {
            // Also where the caller stops early: nothing may go on behind its back.
            await stop.CancelAsync().ConfigureAwait(false);
            await reading.ConfigureAwait(false);
            while (underWay.Reader.TryRead(out Task<ImagePrediction>? left))
            {
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        async Task ReadAsync()
        {
            try
            {
                await foreach (T item in source.WithCancellation(stop.Token).ConfigureAwait(false))
                {
                    await underWay.Writer.WaitToWriteAsync(stop.Token).ConfigureAwait(false);
                    underWay.Writer.TryWrite(ClassifyOfStreamAsync(open(item), stop.Token));
                }

                underWay.Writer.Complete();
            }
            catch (Exception e)
            {
                // The reader gets it, whatever it is.
                underWay.Writer.Complete(e);
            }
        }
    }

    private async Task<ImagePrediction> ClassifyOfStreamAsync(ImageInput image, CancellationToken cancellationToken)
    {
        using var call = new ClassificationCall(this, _gate, image.Name, timeout: null, cancellationToken);
        try
        {
            ImagePrediction prediction = Predict(image.Name, await _pipeline.ExtractOfStreamAsync(image, cancellationToken).ConfigureAwait(false));
            call.Succeed(prediction);
            return prediction;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            call.Fail(e);
            return Failed(image.Name, e);
        }
        catch (Exception e)
        {
            call.Fail(e);
            throw;
        }
    }
}
