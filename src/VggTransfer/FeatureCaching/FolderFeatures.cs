using System.Runtime.ExceptionServices;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Backbones;

namespace VggTransfer.FeatureCaching;

/// <summary>
/// The features of a folder's images: what an earlier run computed comes from the cache, files that can't be read are left out and
/// listed, progress is told for each image.
/// </summary>
public sealed class FolderFeatures : IDisposable
{
    private readonly CachedFeatureExtractor _extractor;
    private readonly List<SkippedImage> _skipped = [];

    /// <summary>Opens the cache, and loads the network if there is nothing in it.</summary>
    /// <param name="backbone">The network; it must not be disposed before this is.</param>
    /// <param name="options">What to take from it. The threads work on images, whatever <see cref="Backbones.FeatureNetworkOptions.Parallelism"/> says.</param>
    /// <param name="cache">The cache; null to compute everything and keep nothing.</param>
    /// <exception cref="ArgumentException">The network doesn't say how pixels must be normalised, or an option is out of its range or doesn't fit.</exception>
    /// <exception cref="FeatureLayerNotFoundException">The network has no such layer; the message says what to use instead.</exception>
    public FolderFeatures(IBackbone backbone, FeatureExtractorOptions options, FeatureCacheOptions? cache = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _extractor = new CachedFeatureExtractor(backbone, options with { Parallelism = FeatureParallelism.Images }, cache);
    }

    /// <summary>Whether an image that can't be read ends the work; otherwise it is skipped.</summary>
    public bool Strict
    {
        get => Refuse is not null;
        init => Refuse = value ? image => image.Error! : null;
    }

    /// <summary>What to throw where an image can't be read; null to skip it.</summary>
    internal Func<ImageFeatures, Exception>? Refuse { get; init; }

    /// <summary>What the features are.</summary>
    public FeatureLayer Layer => _extractor.Layer;

    /// <summary>The length of a feature vector.</summary>
    public int Dimension => _extractor.Dimension;

    /// <summary>The side of the network's input in pixels.</summary>
    public int InputSize => _extractor.InputSize;

    /// <summary>How many images' features an earlier run had computed; known from the first report of progress on.</summary>
    public int FromCache { get; private set; }

    /// <summary>The images that couldn't be read.</summary>
    public IReadOnlyList<SkippedImage> Skipped => _skipped;

    /// <summary>Why features aren't kept for later runs; a whole sentence, null if nothing is wrong.</summary>
    public string? Warning => _extractor.Warning;

    /// <summary>The features of the images that can be read, each with the image's place, in their order, as they become ready.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="progress">Told how many images of how many are done, by the thread that reads the results.</param>
    /// <param name="cancellationToken">Ends the work between two images or batches.</param>
    /// <exception cref="IOException">With <see cref="Strict"/>: an image can't be read, or is none.</exception>
    /// <exception cref="UnauthorizedAccessException">With <see cref="Strict"/>: an image may not be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IEnumerable<(int Place, float[] Values)> Extract(
        IReadOnlyList<string> paths, IProgress<(int Done, int Total)>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return Read(paths, progress, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _extractor.Dispose();

    private IEnumerable<(int Place, float[] Values)> Read(IReadOnlyList<string> paths, IProgress<(int Done, int Total)>? progress, CancellationToken cancellationToken)
    {
        CachedFeatures extraction = _extractor.Extract(paths, cancellationToken);
        FromCache += extraction.FromCache;
        progress?.Report((0, paths.Count));
        foreach ((int i, ImageFeatures image) in extraction.Results.Index())
        {
            if (image.Values is not null)
            {
                yield return (i, image.Values);
            }
            else if (Refuse is not null)
            {
                ExceptionDispatchInfo.Throw(Refuse(image));
            }
            else
            {
                _skipped.Add(new SkippedImage(image.Name, image.Error!.Message));
            }

            progress?.Report((i + 1, paths.Count));
        }
    }
}
