using VggTransfer.Keras.Data;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Keras;

namespace VggTransfer.Augmentation;

/// <summary>
/// Photos of a folder for training: as prediction sees them, or changed at random from as much of the photo as it takes. All are decoded once,
/// so that bad ones are known before a training begins.
/// </summary>
internal sealed class PhotoImages
{
    private const int Channels = 3;

    // Images between two reports of progress.
    private const int Portion = 64;

    private readonly PhotoStore _store;
    private readonly int[] _photos;
    private readonly NDArray _targets;

    private PhotoImages(PhotoStore store, int[] photos, IReadOnlyList<LabeledImage> images, NDArray targets)
    {
        _store = store;
        _photos = photos;
        Images = images;
        _targets = targets;
    }

    private delegate void Drawing(int sample, ulong seed, Span<byte> pixels);

    public int Count => _photos.Length;

    /// <summary>The images that can be read, in their order.</summary>
    public IReadOnlyList<LabeledImage> Images { get; }

    /// <summary>Decodes all images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="classes">The classes in the order of their indices; every image has one of them.</param>
    /// <param name="largestSize">Side of the largest square that will be asked for, in pixels; larger ones are made, too, from fewer pixels.</param>
    /// <param name="orientation">Whether photos are turned by their EXIF data.</param>
    /// <param name="memory">Bytes that pixels may take; what doesn't fit is decoded whenever it is needed.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The photos, and the images that can't be read.</returns>
    public static (PhotoImages Photos, IReadOnlyList<SkippedImage> Skipped) Load(
        IReadOnlyList<LabeledImage> images, IReadOnlyList<string> classes, int largestSize, ImageOrientation orientation, long memory, Action<int> progress, CancellationToken cancellationToken)
    {
        ImagePreparation.CheckSize(largestSize);
        var store = new PhotoStore([.. images.Select(image => image.Path)], largestSize, new ImageDecodeOptions { Orientation = orientation, Scale = DecodeScale.Fast }, memory);
        string?[] faults = new string?[images.Count];
        for (int start = 0; start < images.Count; start += Portion)
        {
            progress(start);
            int first = start;
            ParallelWork.For(Math.Min(Portion, images.Count - start), i => faults[first + i] = Fault(first + i), cancellationToken);
        }

        progress(images.Count);
        int[] good = [.. Enumerable.Range(0, images.Count).Where(i => faults[i] is null)];
        Dictionary<string, int> indices = classes.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        NDArray targets = NDArray.From([.. good.Select(i => indices[images[i].Label])], good.Length).ToCategorical(classes.Count);
        return (
            new PhotoImages(store, good, [.. good.Select(i => images[i])], targets),
            [.. Enumerable.Range(0, images.Count).Where(i => faults[i] is not null).Select(i => new SkippedImage(images[i].Path, faults[i]!))]);

        string? Fault(int photo)
        {
            try
            {
                store.Load(photo);
                return null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return exception.Message;
            }
        }
    }

    /// <summary>Some of the photos; what is kept in memory is shared.</summary>
    /// <param name="indices">Their numbers, in the new order.</param>
    public PhotoImages Subset(IReadOnlyList<int> indices) =>
        new(_store, [.. indices.Select(i => _photos[i])], [.. indices.Select(i => Images[i])], _targets.Rows([.. indices]));

    /// <summary>Batches of bytes (n, size, size, 3) and one-hot targets, in another order in each pass, changed anew in each pass.</summary>
    public Dataset Training(PhotoAugmentation augmentation, int size, int batchSize, int seed) =>
        Batches(SampleOrder.Sequential(Count).Shuffle(Math.Max(1, Count), (ulong)seed, reshuffleEachIteration: true), size, batchSize, seed, Change(augmentation, size));

    /// <summary>The same in the photos' own order.</summary>
    public Dataset Augmented(PhotoAugmentation augmentation, int size, int batchSize, int seed) =>
        Batches(SampleOrder.Sequential(Count), size, batchSize, seed, Change(augmentation, size));

    /// <summary>The photos in their order, as prediction sees them.</summary>
    public Dataset Plain(int size, int batchSize) =>
        Batches(SampleOrder.Sequential(Count), size, batchSize, seed: 0, (sample, _, pixels) => _store.CopySquare(_photos[sample], size, pixels));

    /// <summary>The photos in their order, as prediction sees them, mirrored.</summary>
    public Dataset Mirrored(int size, int batchSize) => Batches(SampleOrder.Sequential(Count), size, batchSize, seed: 0, (sample, _, pixels) =>
    {
        _store.CopySquare(_photos[sample], size, pixels);
        PhotoChange.Mirror(pixels, size);
    });

    private Drawing Change(PhotoAugmentation augmentation, int size) => augmentation.KeepsGeometry
        ? (sample, seed, pixels) =>
        {
            _store.CopySquare(_photos[sample], size, pixels);
            new PhotoChange(augmentation, size, seed).Apply(pixels);
        }
        : (sample, seed, pixels) => new PhotoChange(augmentation, size, seed).Apply(_store.Picture(_photos[sample]), pixels);

    private DerivedDataset Batches(SampleOrder order, int size, int batchSize, int seed, Drawing draw)
    {
        ImagePreparation.CheckSize(size);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return new DerivedDataset((Count + batchSize - 1) / batchSize, isEndless: false, (pass, skip, cancellationToken) =>
            Read(order.Read(pass), size, batchSize, RandomNumbers.Split((ulong)seed, (ulong)pass), skip, draw, cancellationToken));
    }

    private IEnumerable<Batch> Read(IEnumerable<int> order, int size, int batchSize, ulong passSeed, int skip, Drawing draw, CancellationToken cancellationToken)
    {
        int length = size * size * Channels;
        foreach ((int batch, int[] samples) in order.Chunk(batchSize).Index().Skip(skip))
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] pixels = new byte[checked(samples.Length * length)];
            ParallelWork.For(
                samples.Length,
                i => draw(samples[i], RandomNumbers.Split(passSeed, ((ulong)batch * (ulong)batchSize) + (ulong)i), pixels.AsSpan(i * length, length)),
                cancellationToken);
            yield return new Batch(NDArray.From(pixels, samples.Length, size, size, Channels), _targets.Rows(samples));
        }
    }
}
