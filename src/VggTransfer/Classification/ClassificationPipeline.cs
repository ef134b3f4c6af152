using System.Buffers;
using System.Threading.RateLimiting;
using VggTransfer.Features;
using VggTransfer.Serving;

namespace VggTransfer.Classification;

/// <summary>
/// The way of single images of many callers to their features. As many images are decoded at once as there are threads,
/// and as many runs of the network are under way, or one at a time in batches: so memory doesn't grow with the callers.
/// </summary>
internal sealed class ClassificationPipeline : IDisposable
{
    private readonly FeatureExtractor _extractor;
    private readonly MicroBatchingOptions? _batching;
    private readonly MicroBatchingOptions _streaming;
    private readonly ConcurrencyLimiter _decoders;
    private readonly ConcurrencyLimiter _runs;
    private readonly Lazy<MicroBatcher<PreparedImage, float[]>> _batcher;

    /// <param name="extractor">Disposed with this.</param>
    /// <param name="batching">How single calls share runs; null if they don't.</param>
    /// <param name="batchSize">Images in a batch of a stream.</param>
    /// <param name="threads">Images decoded at once, and runs at once.</param>
    public ClassificationPipeline(FeatureExtractor extractor, MicroBatchingOptions? batching, int batchSize, int threads)
    {
        _extractor = extractor;
        _batching = batching;
        _streaming = new MicroBatchingOptions { MaxBatchSize = batchSize, MaxDelay = TimeSpan.FromMilliseconds(20) };
        _decoders = FairPlaces.Create(threads);
        _runs = FairPlaces.Create(threads);
        _batcher = new Lazy<MicroBatcher<PreparedImage, float[]>>(() => new MicroBatcher<PreparedImage, float[]>(_batching ?? _streaming, Run));
    }

    /// <summary>The features of one image, computed on the caller's thread or by the batch worker.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; an image that is being decoded or is in the network is finished first.</exception>
    /// <exception cref="ClassifierOverloadedException">The queue is full, and calls shall be rejected then.</exception>
    public float[] Extract(ImageInput image, CancellationToken cancellationToken)
    {
        if (_batching is not null)
        {
            using var seat = _batcher.Value.Enter(_batching.WhenFull, cancellationToken);
            return seat.Run(Prepare(image, cancellationToken), cancellationToken);
        }

        using PreparedImage prepared = Prepare(image, cancellationToken);
        using RateLimitLease lease = _runs.Acquire(cancellationToken);
        return _extractor.Run(prepared.Pixels, 1)[0];
    }

    /// <summary>The features of one image; no thread waits meanwhile.</summary>
    /// <inheritdoc cref="Extract"/>
    public async Task<float[]> ExtractAsync(ImageInput image, CancellationToken cancellationToken)
    {
        if (_batching is not null)
        {
            return await ExtractInBatchAsync(image, _batching.WhenFull, cancellationToken).ConfigureAwait(false);
        }

        using PreparedImage prepared = await PrepareAsync(image, cancellationToken).ConfigureAwait(false);
        using RateLimitLease place = await _runs.AcquireAsync(1, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => _extractor.Run(prepared.Pixels, 1)[0], CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>The features of one image of a stream, computed together with those around it; it waits for room.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task<float[]> ExtractOfStreamAsync(ImageInput image, CancellationToken cancellationToken) =>
        ExtractInBatchAsync(image, QueueFullBehavior.Wait, cancellationToken);

    public void Dispose()
    {
        if (_batcher.IsValueCreated)
        {
            _batcher.Value.Dispose();
        }

        _decoders.Dispose();
        _runs.Dispose();
        _extractor.Dispose();
    }

    private async Task<float[]> ExtractInBatchAsync(ImageInput image, QueueFullBehavior whenFull, CancellationToken cancellationToken)
    {
        using var place = await _batcher.Value.EnterAsync(whenFull, cancellationToken).ConfigureAwait(false);
        return await place.RunAsync(await PrepareAsync(image, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    private PreparedImage Prepare(ImageInput image, CancellationToken cancellationToken)
    {
        using RateLimitLease place = _decoders.Acquire(cancellationToken);
        return PreparedImage.Create(_extractor, image);
    }

    private async Task<PreparedImage> PrepareAsync(ImageInput image, CancellationToken cancellationToken)
    {
        using RateLimitLease place = await _decoders.AcquireAsync(1, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => PreparedImage.Create(_extractor, image), CancellationToken.None).ConfigureAwait(false);
    }

    private float[][] Run(IReadOnlyList<PreparedImage> images)
    {
        int length = _extractor.BytesPerImage;
        byte[] pixels = ArrayPool<byte>.Shared.Rent(images.Count * length);
        try
        {
            for (int i = 0; i < images.Count; i++)
            {
                images[i].Pixels.Span.CopyTo(pixels.AsSpan(i * length));
            }

            return _extractor.Run(pixels.AsMemory(0, images.Count * length), images.Count);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    /// <summary>Pixels as the network takes them, in a rented buffer.</summary>
    private sealed class PreparedImage : IDisposable
    {
        private readonly byte[] _buffer;

        private PreparedImage(byte[] buffer, int length)
        {
            _buffer = buffer;
            Pixels = buffer.AsMemory(0, length);
        }

        public Memory<byte> Pixels { get; }

        public static PreparedImage Create(FeatureExtractor extractor, ImageInput image)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(extractor.BytesPerImage);
            try
            {
                extractor.Prepare(image, buffer.AsSpan(0, extractor.BytesPerImage));
                return new PreparedImage(buffer, extractor.BytesPerImage);
            }
            catch
            {
                ArrayPool<byte>.Shared.Return(buffer);
                throw;
            }
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);
    }
}
