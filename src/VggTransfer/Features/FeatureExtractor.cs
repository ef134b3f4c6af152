using System.Buffers;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Onnx;

namespace VggTransfer.Features;

/// <summary>
/// A frozen VGG that turns images into feature vectors. Images are decoded in parallel while the batch before them is
/// in the network; memory stays bounded whatever their number. Safe to use from many threads.
/// </summary>
public sealed class FeatureExtractor : IDisposable
{
    private readonly BackboneSession _session;
    private readonly FeatureExtractorOptions _options;

    /// <summary>Loads the network; the model itself isn't needed afterwards.</summary>
    /// <exception cref="ArgumentException">
    /// The model doesn't say how pixels must be normalised, or the input size doesn't fit its dense layers.
    /// </exception>
    /// <exception cref="FeatureLayerNotFoundException">The model has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FeatureExtractor(VggModel model, FeatureExtractorOptions? options = null)
    {
        _options = (options ?? new FeatureExtractorOptions()).Validate();
        Layer = _options.Layer ?? DefaultLayer(model);
        var export = new OnnxExportOptions { Outputs = [new OnnxOutput("features", Layer)], InputSize = _options.InputSize, Precision = _options.Precision };
        _session = BackboneSession.Create(model, export, _options.Threads);
    }

    internal FeatureExtractor(BackboneSession session, FeatureLayer layer, FeatureExtractorOptions options)
    {
        _session = session;
        _options = options.Validate();
        Layer = layer;
    }

    /// <summary>What the features are.</summary>
    public FeatureLayer Layer { get; }

    /// <summary>The length of a feature vector.</summary>
    public int Dimension => _session.Dimension;

    /// <summary>The side of the network's input in pixels.</summary>
    public int InputSize => _session.InputSize;

    /// <summary>fc7, or the average of block 5 where the network has no hidden dense layer.</summary>
    public static FeatureLayer DefaultLayer(VggModel model) =>
        model.Architecture is { IncludeTop: true, HiddenDenseLayers: > 0 } ? FeatureLayer.Fc7 : new FeatureLayer([new FeatureSource(FeatureLayer.LastMap(model.Architecture), FeaturePooling.Average)]);

    /// <summary>The features of an image file, which is read and closed at once.</summary>
    /// <exception cref="InvalidImageException">The file is no usable image.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public float[] Extract(string path) => Extract(ImageInput.FromFile(path));

    /// <summary>The features of an encoded image (JPEG, PNG, ...).</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="InvalidImageException">The bytes are no usable image.</exception>
    public float[] Extract(ReadOnlyMemory<byte> encoded, string name) => Extract(ImageInput.FromEncoded(encoded, name));

    /// <summary>The features of pixels.</summary>
    public float[] Extract(RgbImage image) => Extract(ImageInput.FromPixels(image, "image"));

    /// <summary>
    /// The features of many image files, in their order, as they become ready. A file that can't be read gives a result
    /// with an error instead of an exception.
    /// </summary>
    /// <param name="paths">The files; taken as needed, a batch or two ahead.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IEnumerable<ImageFeatures> ExtractAll(IEnumerable<string> paths, CancellationToken cancellationToken = default) =>
        ExtractAll(paths.Select(ImageInput.FromFile), cancellationToken);

    internal IEnumerable<ImageFeatures> ExtractAll(IEnumerable<ImageInput> images, CancellationToken cancellationToken = default)
    {
        using IEnumerator<ImageInput[]> chunks = images.Chunk(_options.BatchSize).GetEnumerator();
        Task<PreparedBatch>? next = null;
        try
        {
            next = PrepareNext(chunks, cancellationToken);
            while (next is not null)
            {
                using PreparedBatch batch = next.GetAwaiter().GetResult();

                // From here on the batch is this scope's to dispose, also where the next one can't be begun: a buffer given
                // back twice would be rented by two users at once.
                next = null;
                cancellationToken.ThrowIfCancellationRequested();
                next = PrepareNext(chunks, cancellationToken);
                foreach (ImageFeatures features in Run(batch))
                {
                    yield return features;
                }
            }
        }
        finally
        {
            // A batch under way when the caller stops early still owns a rented buffer.
            next?.ContinueWith(task => task.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private float[] Extract(ImageInput image)
    {
        byte[] pixels = ArrayPool<byte>.Shared.Rent(BytesPerImage);
        try
        {
            Prepare(image, pixels.AsSpan(0, BytesPerImage));
            return Run(pixels.AsMemory(0, BytesPerImage), 1)[0];
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }

    /// <summary>How often a picture goes through the network.</summary>
    private int Views => _options.AddMirror ? 2 : 1;

    internal int BytesPerImage => Views * InputSize * InputSize * 3;

    /// <summary>Decodes and resizes.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="pixels">Gets its pixels, and behind them those of its mirror picture where that is asked for.</param>
    /// <exception cref="InvalidImageException">The content is no usable image.</exception>
    internal void Prepare(ImageInput image, Span<byte> pixels)
    {
        int length = pixels.Length / Views;
        image.Prepare(_options, InputSize, pixels[..length]);
        if (_options.AddMirror)
        {
            PixelMirror.Mirror(pixels[..length], InputSize, pixels[length..]);
        }
    }

    private Task<PreparedBatch>? PrepareNext(IEnumerator<ImageInput[]> chunks, CancellationToken cancellationToken)
    {
        if (!chunks.MoveNext())
        {
            return null;
        }

        ImageInput[] images = chunks.Current;
        return Task.Run(() => Prepare(images, cancellationToken), cancellationToken);
    }

    private PreparedBatch Prepare(ImageInput[] images, CancellationToken cancellationToken)
    {
        var batch = new PreparedBatch(images, BytesPerImage);
        try
        {
            Parallel.For(0, images.Length, new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellationToken }, i =>
            {
                try
                {
                    Prepare(images[i], batch.Pixels.AsSpan(i * BytesPerImage, BytesPerImage));
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    batch.Errors[i] = e;
                }
            });
            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }

    /// <summary>The features of pixels that <see cref="Prepare(ImageInput, Span{byte})"/> gave.</summary>
    /// <param name="pixels">One picture after the other.</param>
    /// <param name="count">How many pictures.</param>
    internal float[][] Run(Memory<byte> pixels, int count)
    {
        float[][] vectors = new float[count][];
        _session.Run(pixels, count * Views, values =>
        {
            for (int i = 0; i < count; i++)
            {
                vectors[i] = values.Slice(i * Views * Dimension, Views * Dimension).ToArray();
            }
        });
        return vectors;
    }

    private ImageFeatures[] Run(PreparedBatch batch)
    {
        int count = batch.MoveReadableToFront();
        float[][] vectors = count > 0 ? Run(batch.Pixels.AsMemory(0, count * BytesPerImage), count) : [];
        int taken = 0;
        return [.. batch.Images.Select((image, i) => new ImageFeatures(image.Name, batch.Errors[i] is null ? vectors[taken++] : null, batch.Errors[i]))];
    }

    /// <summary>Pixels of a batch in a rented buffer, and what went wrong with which image.</summary>
    private sealed class PreparedBatch(ImageInput[] images, int bytesPerImage) : IDisposable
    {
        public ImageInput[] Images { get; } = images;

        public byte[] Pixels { get; } = ArrayPool<byte>.Shared.Rent(images.Length * bytesPerImage);

        public Exception?[] Errors { get; } = new Exception?[images.Length];

        /// <summary>Closes the gaps that unreadable images left, and returns how many images remain.</summary>
        public int MoveReadableToFront()
        {
            int count = 0;
            for (int i = 0; i < Images.Length; i++)
            {
                if (Errors[i] is not null)
                {
                    continue;
                }

                if (count != i)
                {
                    Pixels.AsSpan(i * bytesPerImage, bytesPerImage).CopyTo(Pixels.AsSpan(count * bytesPerImage, bytesPerImage));
                }

                count++;
            }

            return count;
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(Pixels);
    }
}
