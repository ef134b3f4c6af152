using System.Runtime.ExceptionServices;

namespace VggTransfer.Features;

/// <summary>
/// Memory for the pixels and features of some images, used again for one batch after another. Pinned, because ONNX Runtime reads
/// and writes it in place.
/// </summary>
internal sealed class FeatureBatch
{
    private readonly byte[] _pixels;
    private readonly float[] _values;
    private readonly ImageInput[] _images;
    private readonly Exception?[] _errors;
    private readonly int _bytesPerImage;
    private readonly int _valuesPerImage;
    private TaskCompletionSource _done = new();
    private ExceptionDispatchInfo? _failure;

    /// <param name="capacity">Images at most; fewer where they wouldn't fit an array.</param>
    /// <param name="bytesPerImage">Pixels of one image, its views one after the other.</param>
    /// <param name="valuesPerImage">Features of one image, of all its views.</param>
    public FeatureBatch(int capacity, int bytesPerImage, int valuesPerImage)
    {
        capacity = Math.Clamp(Math.Min(Array.MaxLength / bytesPerImage, Array.MaxLength / valuesPerImage), 1, capacity);
        _pixels = GC.AllocateUninitializedArray<byte>(checked(capacity * bytesPerImage), pinned: true);
        _values = GC.AllocateUninitializedArray<float>(checked(capacity * valuesPerImage), pinned: true);
        _images = new ImageInput[capacity];
        _errors = new Exception?[capacity];
        _bytesPerImage = bytesPerImage;
        _valuesPerImage = valuesPerImage;
    }

    /// <summary>Images in it.</summary>
    public int Count { get; private set; }

    /// <summary>Takes images until it is full or there are no more, and returns whether there was any.</summary>
    public bool Fill(IEnumerator<ImageInput> source)
    {
        for (Count = 0; Count < _images.Length && source.MoveNext(); Count++)
        {
            _images[Count] = source.Current;
            _errors[Count] = null;
        }

        _failure = null;
        _done = new TaskCompletionSource();
        return Count > 0;
    }

    /// <summary>Writes the pixels of one image; one that can't be read keeps its error.</summary>
    public void Prepare(int image, PixelWriter write)
    {
        try
        {
            write(_images[image], _pixels.AsSpan(image * _bytesPerImage, _bytesPerImage));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _errors[image] = e;
        }
    }

    /// <summary>Runs the network on the images that could be read.</summary>
    /// <param name="run">Gets their pixels, how many they are, and where their features belong.</param>
    public void Run(Action<Memory<byte>, int, Memory<float>> run)
    {
        int readable = MoveReadableToFront();
        if (readable > 0)
        {
            run(_pixels.AsMemory(0, readable * _bytesPerImage), readable, _values.AsMemory(0, readable * _valuesPerImage));
        }
    }

    /// <summary>Says that nothing more happens to this batch.</summary>
    public void Complete(Exception? failure)
    {
        _failure = failure is null ? null : ExceptionDispatchInfo.Capture(failure);
        _done.SetResult();
    }

    /// <summary>Waits until it is complete; throws what went wrong with it as a whole.</summary>
    public void Wait(CancellationToken cancellationToken)
    {
        _done.Task.Wait(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        _failure?.Throw();
    }

    /// <summary>What became of each image, in order.</summary>
    public IEnumerable<ImageFeatures> Results()
    {
        int taken = 0;
        for (int i = 0; i < Count; i++)
        {
            yield return _errors[i] is { } error
                ? new ImageFeatures(_images[i].Name, null, error)
                : new ImageFeatures(_images[i].Name, _values.AsSpan(taken++ * _valuesPerImage, _valuesPerImage).ToArray(), null);
        }
    }

    /// <summary>Forgets the images: they may hold much memory.</summary>
    public void Clear()
    {
        Array.Clear(_images);
        Array.Clear(_errors);
        Count = 0;
    }

    /// <summary>Closes the gaps that unreadable images left, and returns how many images remain.</summary>
    private int MoveReadableToFront()
    {
        int count = 0;
        for (int i = 0; i < Count; i++)
        {
            if (_errors[i] is not null)
            {
                continue;
            }

            if (count != i)
            {
                _pixels.AsSpan(i * _bytesPerImage, _bytesPerImage).CopyTo(_pixels.AsSpan(count * _bytesPerImage, _bytesPerImage));
            }

            count++;
        }

        return count;
    }

    /// <summary>Writes the pixels of an image, and behind them those of its further views.</summary>
    internal delegate void PixelWriter(ImageInput image, Span<byte> pixels);
}
