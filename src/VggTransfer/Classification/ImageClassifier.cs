using System.Numerics.Tensors;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.Classification;

/// <summary>
/// A trained classifier: a frozen VGG and a head. Immutable, with one copy of the weights; safe to use from any number of
/// threads at once, and its memory doesn't grow with them. Image files are read and closed at once. Disposing waits for the
/// calls under way; later ones throw <see cref="ObjectDisposedException"/>.
/// </summary>
public sealed partial class ImageClassifier : IImageClassifier, IDisposable, IAsyncDisposable
{
    /// <summary>Images that are hashed before the first of them is computed; the paths may come slowly, or never end.</summary>
    private const int ImagesLookedUp = 512;

    private readonly CallGate _gate = new();
    private readonly FeatureExtractor _extractor;
    private readonly ClassificationPipeline _pipeline;
    private readonly LinearHead _head;
    private readonly NoveltyScale? _novelty;
    private readonly ImageClassifierOptions _options;
    private readonly FeatureExtractorOptions _extraction;
    private readonly FeatureRecipe? _recipe;
    private bool _isFreed;

    private ImageClassifier(ClassifierParts parts, FeatureExtractorOptions extraction, ImageClassifierOptions options)
    {
        Description = parts.Description;
        _extraction = extraction;
        _extractor = new FeatureExtractor(parts.Network, Description.Layer, extraction);
        _recipe = parts.NetworkIdentity is null ? null : FeatureRecipe.Create(parts.NetworkIdentity, Description.Layer, _extractor.InputSize, _extractor.Dimension, extraction);
        _pipeline = new ClassificationPipeline(_extractor, options.MicroBatching, options.BatchSize, options.Threads);
        _head = parts.Head;
        _novelty = parts.Novelty is null || options.FalseRejectRate == 0 ? null : new NoveltyScale(parts.Novelty, options.FalseRejectRate);
        _options = options;
    }

    /// <inheritdoc/>
    public ClassifierDescription Description { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Labels => Description.Labels;

    /// <summary>
    /// Whether it can tell pictures that are none of the classes (<see cref="ImagePrediction.IsUnknown"/>): not with
    /// <see cref="ImageClassifierOptions.FalseRejectRate"/> 0, and not where the model learnt from too few images.
    /// </summary>
    public bool TellsUnknown => _novelty is not null;

    /// <summary>Loads a model file that <c>vggtransfer train</c> or <see cref="TrainedImageClassifier.Save"/> made.</summary>
    /// <param name="path">The file, a .zip.</param>
    /// <param name="batchSize">Images in a batch when many are classified, 1 to 256.</param>
    /// <param name="threads">Threads for decoding and inference, 1 to 1024; by default one for each processor.</param>
    /// <exception cref="InvalidModelFileException">The file is no such model, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ImageClassifier Load(string path, int batchSize = FeatureSettings.DefaultBatchSize, int? threads = null)
    {
        var options = new ImageClassifierOptions { BatchSize = batchSize };
        return Load(path, threads is null ? options : options with { Threads = threads.Value });
    }

    /// <summary>Loads a model file that <c>vggtransfer train</c> or <see cref="TrainedImageClassifier.Save"/> made.</summary>
    /// <param name="path">The file, a .zip.</param>
    /// <param name="options">How it shall run.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="PlatformNotSupportedException">This processor lacks the instructions of the algorithm.</exception>
    /// <exception cref="InvalidModelFileException">The file is no such model, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ImageClassifier Load(string path, ImageClassifierOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        ClassifierParts parts = ClassifierFile.Load(path, options.Threads, options.Algorithm, withDigest: options.FeatureCache is not null);
        ClassifierDescription description = parts.Description;
        FeatureExtractorOptions extraction = ClassifierFile.Computing(description, options.Algorithm) with
        {
            Layer = description.Layer,
            InputSize = description.InputSize,
            Resize = description.Resize,
            Decoding = description.Decoding with { MaxBytes = options.MaxBytes, MaxPixels = options.MaxPixels },
            BatchSize = options.BatchSize,
            Threads = options.Threads,
            AddMirror = options.MirrorAveraging,
        };
        return new ImageClassifier(parts, extraction, options);
    }

    /// <inheritdoc/>
    public ImagePrediction Classify(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Classify(path, () => ImageInput.FromFile(path));
    }

    /// <inheritdoc/>
    public ImagePrediction Classify(ReadOnlyMemory<byte> encoded, string name = "image")
    {
        ArgumentNullException.ThrowIfNull(name);
        return Classify(name, () => ImageInput.FromEncoded(encoded, name));
    }

    /// <inheritdoc/>
    public ImagePrediction Classify(Stream stream, string name = "image")
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        return Classify(name, () => ImageInput.FromEncoded(EncodedStream.Read(stream, name, _options.MaxBytes), name));
    }

    /// <inheritdoc/>
    public Task<ImagePrediction> ClassifyAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ClassifyAsync(path, _ => Task.FromResult(ImageInput.FromFile(path)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ImagePrediction> ClassifyAsync(ReadOnlyMemory<byte> encoded, string name = "image", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ClassifyAsync(name, _ => Task.FromResult(ImageInput.FromEncoded(encoded, name)), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ImagePrediction> ClassifyAsync(Stream stream, string name = "image", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(name);
        return ClassifyAsync(
            name, async token => ImageInput.FromEncoded(await EncodedStream.ReadAsync(stream, name, _options.MaxBytes, token).ConfigureAwait(false), name), cancellationToken);
    }

    /// <inheritdoc/>
    public IEnumerable<ImagePrediction> ClassifyAll(IEnumerable<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return ExtractAll(paths, note: null, cancellationToken).Select(features => features.Values is null ? Failed(features.Name, features.Error!) : Predict(features.Name, features.Values));
    }

    /// <summary>Compares predictions with the classes of a folder.</summary>
    /// <param name="folder">The images; classes that the model doesn't know are refused, and not all of its classes need occur.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="InvalidImageFolderException">The folder has a class that the model doesn't know, or no image that can be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public EvaluationResult Evaluate(ImageFolder folder, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Dictionary<string, int> indices = Labels.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        string[] unknown = [.. folder.Classes.Where(label => !indices.ContainsKey(label))];
        if (unknown.Length > 0)
        {
            throw new InvalidImageFolderException(folder.Path, $"the model doesn't know its class '{unknown[0]}'; it knows {string.Join(", ", Labels.Take(20))}{(Labels.Count > 20 ? ", ..." : "")}");
        }

        var predictions = new List<LabeledPrediction>();
        var kept = new List<(int, float[])>();
        int rejected = 0;
        var use = new CacheUse();
        var skipped = new List<SkippedImage>();
        int stride = Math.Max(1, folder.Images.Count / EvaluationResult.FeaturesKept);
        foreach ((int i, ImageFeatures features) in ExtractAll(folder.Images.Select(image => image.Path), use, cancellationToken).Index())
        {
            if (features.Values is null)
            {
                skipped.Add(new SkippedImage(features.Name, features.Error!.Message));
            }
            else
            {
                if (i % stride == 0)
                {
                    kept.Add((predictions.Count, features.Values));
                }

                predictions.Add(new LabeledPrediction(features.Name, indices[folder.Images[i].Label], Probabilities(features.Values)));
                rejected += NoveltyOf(features.Values) > 1 ? 1 : 0;
            }

            progress?.Report(i + 1);
        }

        return predictions.Count > 0
            ? new EvaluationResult(ClassificationMetrics.Compute(Labels, predictions), skipped)
            {
                Predictions = predictions,
                Features = kept,
                Unknown = _novelty is null ? null : rejected,
                FromCache = use.Found,
                CacheWarning = use.Warning,
            }
            : throw new InvalidImageFolderException(folder.Path, $"none of its {folder.Images.Count} images can be read; the first: {skipped[0].Reason.TrimEnd('.')}");
    }

    /// <summary>Waits for the calls under way, then frees the network.</summary>
    public void Dispose()
    {
        _gate.CloseAsync().GetAwaiter().GetResult();
        Free();
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        await _gate.CloseAsync().ConfigureAwait(false);
        Free();
    }

    /// <summary>Whether the classifier gives probabilities at all, tried on a grey picture; also makes the first real call faster.</summary>
    internal bool WorksOnGrey()
    {
        using CallGate.Lease call = _gate.Enter(this);
        byte[] grey = new byte[_extractor.InputSize * _extractor.InputSize * 3];
        Array.Fill(grey, (byte)128);
        float[] probabilities = Probabilities(_extractor.Extract(new RgbImage(_extractor.InputSize, _extractor.InputSize, grey)));
        return probabilities.All(float.IsFinite) && Math.Abs(probabilities.Sum() - 1) < 1e-3;
    }

    private void Free()
    {
        if (!Interlocked.Exchange(ref _isFreed, true))
        {
            _pipeline.Dispose();
        }
    }

    /// <param name="name">What messages call the image.</param>
    /// <param name="open">Gives the image.</param>
    private ImagePrediction Classify(string name, Func<ImageInput> open)
    {
        using var call = new ClassificationCall(this, _gate, name, _options.Timeout, CancellationToken.None);
        try
        {
            ImagePrediction prediction = Predict(name, _pipeline.Extract(open(), call.Token));
            call.Succeed(prediction);
            return prediction;
        }
        catch (Exception e)
        {
            if (call.Fail(e) is { } timeout)
            {
                throw timeout;
            }

            throw;
        }
    }

    private async Task<ImagePrediction> ClassifyAsync(string name, Func<CancellationToken, Task<ImageInput>> open, CancellationToken cancellationToken)
    {
        using var call = new ClassificationCall(this, _gate, name, _options.Timeout, cancellationToken);
        try
        {
            ImageInput image = await open(call.Token).ConfigureAwait(false);
            ImagePrediction prediction = Predict(name, await _pipeline.ExtractAsync(image, call.Token).ConfigureAwait(false));
            call.Succeed(prediction);
            return prediction;
        }
        catch (Exception e)
        {
            if (call.Fail(e) is { } timeout)
            {
                throw timeout;
            }

            throw;
        }
    }

    /// <summary>One call from the first result to the last: batches are in the network while the caller looks at earlier results.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="note">Told what the cache was good for; null if nobody wants to know.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    private IEnumerable<ImageFeatures> ExtractAll(IEnumerable<string> paths, CacheUse? note, CancellationToken cancellationToken)
    {
        using CallGate.Lease call = _gate.Enter(this);
        using CachedFeatureExtractor? cached = _recipe is null ? null : new CachedFeatureExtractor(_extractor, _recipe, _extraction, _options.FeatureCache!);
        IEnumerable<ImageFeatures> all = cached is null
            ? _extractor.ExtractAll(paths, cancellationToken)
            : paths.Chunk(ImagesLookedUp).SelectMany(some => LookUp(cached, some, note, cancellationToken));
        foreach (ImageFeatures features in all)
        {
            yield return features;
        }

        note?.Warning = cached?.Warning;
    }

    private static IEnumerable<ImageFeatures> LookUp(CachedFeatureExtractor cached, string[] paths, CacheUse? note, CancellationToken cancellationToken)
    {
        CachedFeatures features = cached.Extract(paths, cancellationToken);
        note?.Found += features.FromCache;
        return features.Results;
    }

    /// <summary>What the cache was good for in one call.</summary>
    private sealed class CacheUse
    {
        public int Found { get; set; }

        public string? Warning { get; set; }
    }

    private static ImagePrediction Failed(string name, Exception error) => new(name, [], error.Message);

    private ImagePrediction Predict(string name, float[] features)
    {
        float[] probabilities = Probabilities(features);
        return new ImagePrediction(name,
            [.. probabilities.Index().OrderByDescending(pair => pair.Item).Select(pair => new ClassProbability(Labels[pair.Index], pair.Item))], Error: null)
        {
            Novelty = NoveltyOf(features),
        };
    }

    /// <summary>Of the picture as it is; its mirror picture is no evidence of its own.</summary>
    private double? NoveltyOf(float[] features)
    {
        ReadOnlySpan<float> own = features.AsSpan(0, _head.Dimension);
        return _novelty?.Of(own, _head.Logits(own));
    }

    /// <param name="features">Of the picture; with mirror averaging those of its mirror picture behind them.</param>
    private float[] Probabilities(float[] features)
    {
        if (!_options.MirrorAveraging)
        {
            return _head.Probabilities(features);
        }

        float[] probabilities = _head.Probabilities(features.AsSpan(0, _head.Dimension));
        TensorPrimitives.Add(probabilities, _head.Probabilities(features.AsSpan(_head.Dimension)), probabilities);
        TensorPrimitives.Divide(probabilities, 2, probabilities);
        return probabilities;
    }
}
