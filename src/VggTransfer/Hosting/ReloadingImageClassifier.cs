using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using VggTransfer.Classification;
using VggTransfer.Features;
using VggTransfer.Serving;

namespace VggTransfer.Hosting;

/// <summary>
/// A classifier that follows its model file. A new file is loaded and tried beside the old model, then takes its place for
/// calls that begin from then on; the old one is freed after its last call. A file that can't be used changes nothing.
/// </summary>
internal sealed partial class ReloadingImageClassifier : IImageClassifier, IDisposable, IAsyncDisposable
{
    private readonly string _name;
    private readonly ImageClassifierServiceOptions _options;
    private readonly ILogger _logger;
    private readonly Lock _loading = new();
    private readonly CancellationTokenSource _stop = new();
    private Generation? _current;
    private Task _watching = Task.CompletedTask;
    private Task _retiring = Task.CompletedTask;
    private bool _isDisposed;

    /// <param name="name">The name that log lines have; may be empty.</param>
    /// <param name="options">Valid ones.</param>
    /// <param name="logger">Told of loading and reloading.</param>
    public ReloadingImageClassifier(string name, ImageClassifierServiceOptions options, ILogger logger)
    {
        _name = name.Length == 0 ? "image classifier" : name;
        _options = options;
        _logger = logger;
    }

    public string ModelPath => _options.ModelPath;

    /// <summary>When the model in use was loaded; null if none is.</summary>
    public DateTimeOffset? LoadedAt => Volatile.Read(ref _current)?.LoadedAt;

    /// <summary>Why the file that is there now isn't in use, as a whole sentence; null where it is.</summary>
    public string? Refusal { get; private set; }

    public ClassifierDescription Description => Current().Classifier.Description;

    /// <summary>Loads the model unless it is loaded, and begins to follow its file.</summary>
    /// <exception cref="IOException">It isn't there, or is no model (<see cref="InvalidModelFileException"/>).</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="ObjectDisposedException">This is disposed.</exception>
    public void Load() => Current();

    public ImagePrediction Classify(string path)
    {
        using CallGate.Lease call = Enter(out ImageClassifier classifier);
        return classifier.Classify(path);
    }

    public ImagePrediction Classify(ReadOnlyMemory<byte> encoded, string name = "image")
    {
        using CallGate.Lease call = Enter(out ImageClassifier classifier);
        return classifier.Classify(encoded, name);
    }

    public ImagePrediction Classify(Stream stream, string name = "image")
    {
        using CallGate.Lease call = Enter(out ImageClassifier classifier);
        return classifier.Classify(stream, name);
    }

    public async Task<ImagePrediction> ClassifyAsync(string path, CancellationToken cancellationToken = default)
    {
        using CallGate.Lease call = Enter(out ImageClassifier classifier);
        return await classifier.ClassifyAsync(path, cancellationToken).ConfigureAwait(false);
    }

    public async Task<ImagePrediction> ClassifyAsync(ReadOnlyMemory<byte> encoded, string name = "image", CancellationToken cancellationToken = default)
    {
        using CallGate.Lease call = Enter(out ImageClassifier classifier);
        return await classifier.ClassifyAsync(encoded, name, cancellationToken).ConfigureAwait(false);
    }

    public async Task<ImagePrediction> ClassifyAsync(Stream stream, string name = "image", CancellationToken cancellationToken = default)
    {
        using CallGate.Lease call = Enter(out ImageClassifier classifier);
        return await classifier.ClassifyAsync(stream, name, cancellationToken).ConfigureAwait(false);
    }

    public IEnumerable<ImagePrediction> ClassifyAll(IEnumerable<string> paths, CancellationToken cancellationToken = default)
    {
        // All answers of one enumeration come from one model.
        using CallGate.Lease call = Enter(out ImageClassifier classifier);
        foreach (ImagePrediction prediction in classifier.ClassifyAll(paths, cancellationToken))
        {
            yield return prediction;
        }
    }

    public IAsyncEnumerable<ImagePrediction> ClassifyAllAsync(IAsyncEnumerable<string> paths, CancellationToken cancellationToken = default) =>
        HoldAsync(classifier => classifier.ClassifyAllAsync(paths, cancellationToken), cancellationToken);

    public IAsyncEnumerable<ImagePrediction> ClassifyAllAsync(IAsyncEnumerable<ImageContent> images, CancellationToken cancellationToken = default) =>
        HoldAsync(classifier => classifier.ClassifyAllAsync(images, cancellationToken), cancellationToken);

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        Generation? last;
        lock (_loading)
        {
            _isDisposed = true;
            last = _current;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);

        // A reload that was under way may have put another one in its place.
        last = Volatile.Read(ref _current) ?? last;
        if (last is not null)
        {
            await Task.WhenAll(_retiring, last.RetireAsync()).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<ImagePrediction> HoldAsync(
        Func<ImageClassifier, IAsyncEnumerable<ImagePrediction>> classify, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using CallGate.Lease call = Enter(out ImageClassifier classifier);
        await foreach (ImagePrediction prediction in classify(classifier).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return prediction;
        }
    }

    private CallGate.Lease Enter(out ImageClassifier classifier)
    {
        while (true)
        {
            Generation generation = Current();
            if (generation.Gate.TryEnter(out CallGate.Lease lease))
            {
                classifier = generation.Classifier;
                return lease;
            }

            // It was retired in this moment, and its successor is there already.
        }
    }

    private Generation Current()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        if (Volatile.Read(ref _current) is { } current)
        {
            return current;
        }

        lock (_loading)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_current is null)
            {
                FileStamp? stamp = FileStamp.Of(ModelPath);
                Volatile.Write(ref _current, new Generation(LoadFile()));
                LogLoaded(_name, ModelPath, _current.Classifier.Labels.Count, _current.Classifier.Description.ValidationAccuracy);
                if (_options.ReloadInterval > TimeSpan.Zero)
                {
                    _watching = Task.Run(() => WatchAsync(stamp, _stop.Token));
                }
            }

            return _current;
        }
    }

    private ImageClassifier LoadFile()
    {
        ImageClassifier classifier = ImageClassifier.Load(ModelPath, _options.Running);
        if (classifier.WorksOnGrey())
        {
            return classifier;
        }

        classifier.Dispose();
        throw new InvalidModelFileException(ModelPath, ClassifierFile.Format, "it gives no probabilities for a grey picture; train it again");
    }

    /// <param name="decided">The state of the file that is in use, or was refused.</param>
    /// <param name="stop">Ends it.</param>
    private async Task WatchAsync(FileStamp? decided, CancellationToken stop)
    {
        FileStamp? seen = decided;
        using var timer = new PeriodicTimer(_options.ReloadInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                FileStamp? now = FileStamp.Of(ModelPath);

                // Two looks must agree: a file that is being copied grows.
                bool isStable = now == seen;
                seen = now;
                if (isStable && now is not null && now != decided)
                {
                    decided = now;
                    Reload();
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private void Reload()
    {
        Generation next;
        try
        {
            next = new Generation(LoadFile());
        }
        catch (Exception e)
        {
            // Whatever is wrong with the new file, the application goes on with the old one.
            Refusal = e.Message;
            ClassifierTelemetry.Reloads.Add(1, new KeyValuePair<string, object?>(ClassifierTelemetry.ErrorType, e.GetType().FullName));
            LogRefused(e, _name, ModelPath, e.Message);
            return;
        }

        Generation old = Interlocked.Exchange(ref _current, next)!;
        Refusal = null;
        ClassifierTelemetry.Reloads.Add(1);
        LogReplaced(_name, ModelPath, next.Classifier.Labels.Count, next.Classifier.Description.ValidationAccuracy);

        // Not awaited: an enumeration that never ends may hold the old model, and the next file must be noticed all the same.
        _retiring = Task.WhenAll(_retiring, old.RetireAsync());
    }

    [LoggerMessage(1, LogLevel.Information, "{Name}: loaded {ModelPath}, {Classes} classes, validation accuracy {Accuracy:P1}.")]
    private partial void LogLoaded(string name, string modelPath, int classes, double accuracy);

    [LoggerMessage(2, LogLevel.Information, "{Name}: {ModelPath} was replaced; calls from now on use the new model, {Classes} classes, validation accuracy {Accuracy:P1}.")]
    private partial void LogReplaced(string name, string modelPath, int classes, double accuracy);

    [LoggerMessage(3, LogLevel.Error, "{Name}: {ModelPath} was replaced by a file that can't be used, so the model loaded before stays in use. {Reason}")]
    private partial void LogRefused(Exception exception, string name, string modelPath, string reason);

    /// <summary>A loaded model and the calls on it.</summary>
    private sealed record Generation(ImageClassifier Classifier)
    {
        public CallGate Gate { get; } = new();

        public DateTimeOffset LoadedAt { get; } = DateTimeOffset.UtcNow;

        public async Task RetireAsync()
        {
            await Gate.CloseAsync().ConfigureAwait(false);
            await Classifier.DisposeAsync().ConfigureAwait(false);
        }
    }
}
