using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Features;

namespace VggTransfer.FeatureCaching;

/// <summary>
/// A <see cref="FeatureExtractor"/> that computes only what no earlier run has: features are looked up by the content of the
/// images, and new ones are kept. They are the same to the bit as the earlier run computed them. Where nothing is to be
/// computed, the network isn't even loaded. A cache that can't be read or written is a <see cref="Warning"/>, never a failure.
/// </summary>
internal sealed class CachedFeatureExtractor : IDisposable
{
    private readonly Func<FeatureExtractor> _load;
    private readonly FeatureExtractorOptions _options;
    private readonly FeatureCacheOptions? _cache;
    private readonly FeatureRecipe? _recipe;
    private FeatureIndex? _index;
    private FeatureSegmentWriter? _writer;
    private FeatureExtractor? _extractor;
    private readonly bool _ownsExtractor = true;
    private bool _keeps;

    /// <summary>Opens the cache, and loads the network if there is nothing in it.</summary>
    /// <param name="backbone">The network; it must not be disposed before this is.</param>
    /// <param name="options">What to take from it; null for the defaults.</param>
    /// <param name="cache">The cache; null to compute everything and keep nothing.</param>
    /// <exception cref="ArgumentException">
    /// The model doesn't say how pixels must be normalised, or the input size doesn't fit its dense layers.
    /// </exception>
    /// <exception cref="FeatureLayerNotFoundException">The model has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public CachedFeatureExtractor(IBackbone backbone, FeatureExtractorOptions? options = null, FeatureCacheOptions? cache = null)
    {
        ArgumentNullException.ThrowIfNull(backbone);
        _options = (options ?? new FeatureExtractorOptions()).Validate();
        _cache = cache;
        _load = () => new FeatureExtractor(backbone, _options);
        if (cache is not null)
        {
            cache.Validate();
            _recipe = FeatureRecipe.Create(backbone, _options, cache.Purpose);
            Open(cache);
        }

        if (_index is null or { Count: 0 })
        {
            // Loading it finds what is wrong with the options; where there are features, they once were right.
            _extractor = _load();
        }
    }

    /// <summary>Puts a cache before a network that is loaded already, and stays its owner's.</summary>
    /// <param name="extractor">The network; it must not be disposed before this is.</param>
    /// <param name="recipe">What its features follow from.</param>
    /// <param name="options">What it was made with.</param>
    /// <param name="cache">The cache.</param>
    internal CachedFeatureExtractor(FeatureExtractor extractor, FeatureRecipe recipe, FeatureExtractorOptions options, FeatureCacheOptions cache)
    {
        _options = options;
        _cache = cache;
        _recipe = recipe;
        _load = () => extractor;
        _ownsExtractor = false;
        Open(cache);
    }

    /// <summary>What the features are.</summary>
    public FeatureLayer Layer => _recipe?.Layer ?? _extractor!.Layer;

    /// <summary>The length of a feature vector.</summary>
    public int Dimension => _recipe?.Dimension ?? _extractor!.Dimension;

    /// <summary>The side of the network's input in pixels.</summary>
    public int InputSize => _recipe?.InputSize ?? _extractor!.InputSize;

    /// <summary>Why the cache isn't used, or no longer; a whole sentence. Null if nothing is wrong with it.</summary>
    public string? Warning { get; private set; }

    /// <summary>Looks images up, and prepares to compute the others.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="cancellationToken">Ends the work between two images or batches.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public CachedFeatures Extract(IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        FeatureLocation?[] found = new FeatureLocation?[paths.Count];
        if (_index is { Count: > 0 } index)
        {
            Parallel.For(0, paths.Count, new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellationToken }, i =>
                found[i] = HashedImageFile.TryHash(paths[i], _options.Decoding) is { } hash ? index.Find(hash) : null);
            FeatureIndex.Touch(found.OfType<FeatureLocation>());
        }

        return new CachedFeatures(paths.Count, found.Count(location => location is not null), Read(paths, found, cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsExtractor)
        {
            _extractor?.Dispose();
        }

        _index?.Dispose();
        if (_writer is not null)
        {
            _writer.Dispose();
            Guard(() => FeatureCache.Trim(_cache!, room: 0, heldPlace: null));
        }
    }

    private IEnumerable<ImageFeatures> Read(IReadOnlyList<string> paths, FeatureLocation?[] found, CancellationToken cancellationToken)
    {
        HashedImageFile[] missing = [.. paths.Where((_, i) => found[i] is null).Select(path => new HashedImageFile(path))];
        var kept = new HashSet<ImageHash>();
        IEnumerator<ImageFeatures>? computed = null;
        try
        {
            int next = 0;
            for (int i = 0; i < paths.Count; i++)
            {
                if (found[i] is { } location)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return new ImageFeatures(paths[i], location.Read(), Error: null);
                    continue;
                }

                computed ??= (_extractor ??= _load()).ExtractAll(missing, cancellationToken).GetEnumerator();
                if (!computed.MoveNext())
                {
                    throw new InvalidOperationException("The extractor gave fewer results than it got images.");
                }

                HashedImageFile file = missing[next++];
                if (computed.Current.Values is { } values && kept.Add(file.Hash))
                {
                    Keep(file.Hash, values);
                }

                yield return computed.Current;
            }
        }
        finally
        {
            computed?.Dispose();
        }
    }

    private void Keep(ImageHash image, float[] values)
    {
        if (_keeps)
        {
            Guard(() =>
            {
                _writer ??= FeatureSegmentWriter.TryOpen(_recipe!, _cache!);
                if (_writer is null)
                {
                    Stop("all places of its writers are taken by other processes");
                }

                _writer?.Add(image, values);
            });
        }
    }

    private void Open(FeatureCacheOptions cache)
    {
        _keeps = HasPlace(cache);
        if (_keeps)
        {
            Guard(() => _index = FeatureIndex.Open(_recipe!, cache));
        }
    }

    private bool HasPlace(FeatureCacheOptions cache)
    {
        try
        {
            cache.ResolveFolder();
            return true;
        }
        catch (ArgumentException exception)
        {
            // There is no home folder.
            Stop(exception.Message.TrimEnd('.'));
            return false;
        }
    }

    /// <summary>A full disk or a read-only home must not end a training.</summary>
    private void Guard(Action use)
    {
        try
        {
            use();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Stop(exception.Message.TrimEnd('.'));
        }
    }

    private void Stop(string reason)
    {
        _keeps = false;
        Warning ??= $"Features aren't kept for the next run: {reason}.";
    }
}

/// <summary>Features of many images, some of them from the cache.</summary>
/// <param name="Count">How many images.</param>
/// <param name="FromCache">How many of them an earlier run has computed.</param>
/// <param name="Results">
/// One for each image, in their order, as they become ready; to be read once, before the extractor is disposed. A file that
/// can't be read gives a result with an error instead of an exception.
/// </param>
internal sealed record CachedFeatures(int Count, int FromCache, IEnumerable<ImageFeatures> Results);
