using VggTransfer.Keras.Data;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.Augmentation;

/// <summary>
/// Samples that are photos, prepared as a saved classifier prepares them: 8-bit squares. All are decoded once, so that bad
/// ones are known before a training begins; the pixels are kept where memory allows, and otherwise made again when they are
/// asked for.
/// </summary>
public sealed class PreparedImages : SampleSource
{
    private const int Channels = 3;

    // Images between two reports of progress.
    private const int Portion = 256;

    private readonly IReadOnlyList<LabeledImage> _images;
    private readonly NDArray _targets;
    private readonly int _size;
    private readonly ImageDecodeOptions _decoding;
    private readonly NDArray? _pixels;

    private PreparedImages(IReadOnlyList<LabeledImage> images, NDArray targets, int size, ImageDecodeOptions decoding, byte[]? pixels)
    {
        _images = images;
        _targets = targets;
        _size = size;
        _decoding = decoding;
        _pixels = pixels is null ? null : NDArray.From(pixels, images.Count, size, size, Channels);
    }

    /// <inheritdoc/>
    public override int Count => _images.Count;

    /// <summary>The images that can be read.</summary>
    public IReadOnlyList<LabeledImage> Images => _images;

    /// <summary>Decodes all images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="classes">The classes in the order of their indices; every image has one of them.</param>
    /// <param name="size">Side of the square in pixels.</param>
    /// <param name="orientation">Whether photos are turned by their EXIF data.</param>
    /// <param name="memory">Bytes that pixels may take; where they don't fit, each epoch decodes the images again.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>The samples, and the images that can't be read.</returns>
    public static (PreparedImages Samples, IReadOnlyList<SkippedImage> Skipped) Prepare(
        IReadOnlyList<LabeledImage> images, IReadOnlyList<string> classes, int size, ImageOrientation orientation, long memory, Action<int> progress, CancellationToken cancellationToken)
    {
        var decoding = new ImageDecodeOptions { Orientation = orientation, Scale = DecodeScale.Fast };
        int length = size * size * Channels;
        bool keeps = (long)images.Count * length <= Math.Min(memory, Array.MaxLength);
        byte[] pixels = keeps ? new byte[images.Count * length] : [];
        string?[] faults = new string?[images.Count];
        for (int start = 0; start < images.Count; start += Portion)
        {
            progress(start);
            int first = start;
            ParallelWork.For(Math.Min(Portion, images.Count - start), i => faults[first + i] = Decode(first + i), cancellationToken);
        }

        progress(images.Count);
        int[] good = [.. Enumerable.Range(0, images.Count).Where(i => faults[i] is null)];
        if (keeps && good.Length < images.Count)
        {
            pixels = [.. good.SelectMany(i => pixels.AsSpan(i * length, length).ToArray())];
        }

        Dictionary<string, int> indices = classes.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        NDArray targets = NDArray.From([.. good.Select(i => indices[images[i].Label])], good.Length).ToCategorical(classes.Count);
        return (
            new PreparedImages([.. good.Select(i => images[i])], targets, size, decoding, keeps ? pixels : null),
            [.. Enumerable.Range(0, images.Count).Where(i => faults[i] is not null).Select(i => new SkippedImage(images[i].Path, faults[i]!))]);

        string? Decode(int i)
        {
            try
            {
                ImagePreparation.Prepare(images[i].Path, ResizeRecipe.MlNetCrop, size, keeps ? pixels.AsSpan(i * length, length) : new byte[length], decoding);
                return null;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return exception.Message;
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidImageException">A file is no usable image any more.</exception>
    /// <exception cref="IOException">A file can't be read any more.</exception>
    public override Batch Gather(ReadOnlyMemory<int> samples, CancellationToken cancellationToken)
    {
        NDArray targets = _targets.Rows(samples.Span);
        if (_pixels is not null)
        {
            return new Batch(_pixels.Rows(samples.Span), targets);
        }

        int length = _size * _size * Channels;
        byte[] pixels = new byte[checked(samples.Length * length)];
        ParallelWork.For(
            samples.Length,
            i => ImagePreparation.Prepare(_images[samples.Span[i]].Path, ResizeRecipe.MlNetCrop, _size, pixels.AsSpan(i * length, length), _decoding),
            cancellationToken);
        return new Batch(NDArray.From(pixels, samples.Length, _size, _size, Channels), targets);
    }
}
