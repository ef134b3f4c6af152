using System.Buffers;
using System.Collections.Concurrent;
using VggTransfer.Architectures;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Backbones;

namespace VggTransfer.Features;

/// <summary>
/// A frozen network that turns images into feature vectors. Images are decoded while others are in the network; memory stays
/// bounded whatever their number. Safe to use from many threads.
/// </summary>
public sealed class FeatureExtractor : IDisposable
{
    private const int LeastForThread = 4;

    private readonly IFeatureNetwork _network;
    private readonly FeatureExtractorOptions _options;

    // Native code would read freed memory where an enumeration was left open.
    private readonly CallGate _gate = new();

    // Batches of finished work, to be filled again.
    private readonly ConcurrentBag<FeatureBatch> _spare = [];

    // Where all threads work on one batch, a second one would only take memory and caches away from it.
    private readonly Lock _onlyBatch = new();

    /// <summary>Loads the network; the model itself isn't needed afterwards.</summary>
    /// <exception cref="ArgumentException">
    /// The model doesn't say how pixels must be normalised, or the input size doesn't fit its dense layers.
    /// </exception>
    /// <exception cref="FeatureLayerNotFoundException">The model has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FeatureExtractor(VggModel model, FeatureExtractorOptions? options = null)
        : this(new VggBackbone(model), options)
    {
    }

    /// <summary>Loads the network; the backbone itself isn't needed afterwards.</summary>
    /// <exception cref="ArgumentException">The options don't fit the backbone; the message says what to change.</exception>
    /// <exception cref="FeatureLayerNotFoundException">The backbone has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public FeatureExtractor(IBackbone backbone, FeatureExtractorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        _options = (options ?? new FeatureExtractorOptions()).Validate();
        Layer = _options.Layer ?? backbone.DefaultLayer;
        _network = backbone.Open(_options);
    }

    internal FeatureExtractor(IFeatureNetwork network, FeatureLayer layer, FeatureExtractorOptions options)
    {
        _network = network;
        _options = options.Validate();
        Layer = layer;
    }

    /// <summary>What the features are.</summary>
    public FeatureLayer Layer { get; }

    /// <summary>The length of a feature vector.</summary>
    public int Dimension => _network.Dimension;

    /// <summary>The side of the network's input in pixels.</summary>
    public int InputSize => _network.InputSize;

    /// <summary>fc7, or the average of block 5 where the network has no hidden dense layer.</summary>
    public static FeatureLayer DefaultLayer(VggModel model) => new VggBackbone(model).DefaultLayer;

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
        using IEnumerator<ImageInput> source = images.GetEnumerator();
        using FeaturePipeline pipeline = CreatePipeline(cancellationToken);
        bool hasMore = Refill(pipeline, source, cancellationToken);
        while (!pipeline.IsEmpty)
        {
            FeatureBatch batch = pipeline.Take();
            hasMore = hasMore && Refill(pipeline, source, cancellationToken);
            foreach (ImageFeatures features in batch.Results())
            {
                yield return features;
            }

            batch.Clear();
            _spare.Add(batch);
        }
    }

    /// <summary>
    /// Waits for the batches that are in the network, then frees it; an enumeration that goes on meets
    /// <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose()
    {
        _gate.CloseAsync().GetAwaiter().GetResult();
        _network.Dispose();
    }

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

    /// <summary>The features of pixels that <see cref="Prepare(ImageInput, Span{byte})"/> gave.</summary>
    /// <param name="pixels">One picture after the other.</param>
    /// <param name="count">How many pictures.</param>
    internal float[][] Run(Memory<byte> pixels, int count)
    {
        float[] features = new float[count * Views * Dimension];
        using CallGate.Lease call = _gate.Enter(this);
        _network.Run(pixels, count * Views, features);
        return [.. features.Chunk(Views * Dimension)];
    }

    /// <summary>
    /// Two lanes where all threads work on one batch, so that one is decoded while the other is in the network; else one for
    /// each thread, and as many batches again, so that no thread waits for the one before it in order.
    /// </summary>
    private FeaturePipeline CreatePipeline(CancellationToken cancellationToken) => _options.Parallelism == FeatureParallelism.Images
        ? new FeaturePipeline(_options.Threads, 2 * _options.Threads, Work, cancellationToken)
        : new FeaturePipeline(2, 2, Work, cancellationToken);

    /// <summary>Puts in as many batches as there is room for, and returns whether there may be more images.</summary>
    private bool Refill(FeaturePipeline pipeline, IEnumerator<ImageInput> source, CancellationToken cancellationToken)
    {
        while (pipeline.HasRoom)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FeatureBatch batch = RentBatch();
            if (!batch.Fill(source))
            {
                _spare.Add(batch);
                return false;
            }

            pipeline.Add(batch);
        }

        return true;
    }

    private FeatureBatch RentBatch()
    {
        // Threads with batches of their own share the images that may be in the network at a time, as long as each has enough to
        // read the weights for.
        int capacity = _options.Parallelism == FeatureParallelism.Images
            ? Math.Min(_options.BatchSize, Math.Max(LeastForThread, _options.BatchSize / _options.Threads))
            : _options.BatchSize;
        return _spare.TryTake(out FeatureBatch? spare) ? spare : new FeatureBatch(capacity, BytesPerImage, Views * Dimension);
    }

    private void Work(FeatureBatch batch, CancellationToken cancellationToken)
    {
        if (_options.Parallelism == FeatureParallelism.Images)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                batch.Prepare(i, Prepare);
            }

            batch.Run(Run);
            return;
        }

        var threads = new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellationToken };
        Parallel.For(0, batch.Count, threads, i => batch.Prepare(i, Prepare));
        lock (_onlyBatch)
        {
            batch.Run(Run);
        }

        void Run(Memory<byte> pixels, int count, Memory<float> features)
        {
            using CallGate.Lease call = _gate.Enter(this);
            _network.Run(pixels, count * Views, features, cancellationToken);
        }
    }
}
