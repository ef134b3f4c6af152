using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Images;

namespace VggTransfer.DataQuality;

/// <summary>
/// Looks for what spoils a training before it happens: broken files, copies of one picture (also between classes, and between
/// the images to learn from and those to validate on), labels that are probably wrong, outliers, odd pictures, classes with few
/// images. It reads files and changes nothing; <see cref="ImageMoves"/> moves what it proposes.
/// </summary>
public sealed class ImageFolderCheck
{
    private readonly ImageFolder _folder;
    private readonly ImageFolderCheckOptions _options;
    private readonly IProgress<ImageCheckProgress>? _progress;
    private readonly CancellationToken _cancellationToken;

    private ImageFolderCheck(ImageFolder folder, ImageFolderCheckOptions options, IProgress<ImageCheckProgress>? progress, CancellationToken cancellationToken)
    {
        _folder = folder;
        _options = options;
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Checks a folder.</summary>
    /// <param name="folder">The images, in any number of classes; labels are checked where there are two or more.</param>
    /// <param name="options">What to look for.</param>
    /// <param name="progress">Told how far the work is, by one thread at a time.</param>
    /// <param name="cancellationToken">Ends the work between two images, batches or fits.</param>
    /// <exception cref="InvalidImageFolderException">The images to validate on are among the others or of other classes; or files changed during the check.</exception>
    /// <exception cref="FeatureLayerNotFoundException">The backbone has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentException">An option is out of its range or doesn't fit the backbone.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static ImageFolderCheckResult Run(
        ImageFolder folder, ImageFolderCheckOptions? options = null, IProgress<ImageCheckProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new ImageFolderCheckOptions();
        options.Validate();
        return new ImageFolderCheck(folder, options, progress, cancellationToken).Run();
    }

    private ImageFolderCheckResult Run()
    {
        ScannedImage[] scanned = Scan();
        ScannedImage[] readable = [.. scanned.Where(image => image.Picture is not null)];
        _progress?.Report(new ImageCheckProgress(ImageCheckStage.FindingDuplicates, 0, 1));
        IReadOnlyList<NearDuplicate> near = new NearDuplicateSearch([.. readable.Select(image => image.Picture!)], _options.Threads).Run(_cancellationToken);
        int[] groups = DuplicateGrouping.Of(readable, near);
        _progress?.Report(new ImageCheckProgress(ImageCheckStage.FindingDuplicates, 1, 1));
        FeatureFindings? findings = readable.Length > 0 && _options.UseNetwork ? LookAtFeatures(readable, groups) : null;
        return new ImageFolderCheckResult
        {
            Images = scanned.Length,
            Unreadable = [.. scanned.Where(image => image.Error is not null).Select(image => new UnreadableImage(Public(image), image.Error!))],
            Duplicates = [.. DuplicateGroups(readable, groups, findings?.OwnProbabilities)
                .OrderByDescending(group => group.IsLeakage).ThenByDescending(group => group.CrossesClasses)],
            SuspectedLabels = [.. (findings?.Labels ?? []).Select(issue => new SuspectedLabel(Public(readable[issue.Place]), _folder.Classes[issue.Suggested], issue.Own, issue.Other))],
            Outliers = [.. (findings?.Distances ?? []).Index()
                .Where(item => item.Item >= _options.OutlierDistance)
                .OrderByDescending(item => item.Item)
                .Select(item => new OutlierImage(Public(readable[item.Index]), item.Item))],
            Odd = [.. readable.Where(image => image.Picture!.Oddities.Count > 0)
                .Select(image => new OddImage(Public(image), image.Picture!.Oddities, image.Picture.Width, image.Picture.Height))],
            Classes = [.. _folder.Classes.Select(label => new ClassCount(
                label,
                readable.Count(image => image.Image.Label == label && !image.IsValidation),
                readable.Count(image => image.Image.Label == label && image.IsValidation)))],
            Features = findings?.Features,
            Notes = findings?.Notes ?? [],
        };
    }

    private ScannedImage[] Scan()
    {
        IReadOnlyList<LabeledImage> images = TrainingPartition.Join(_folder.Images, _folder.Classes, _options.Validation);
        var scan = new ImageScan(new ImageDecodeOptions { Orientation = _options.Orientation }, _options.SmallestSide, _options.LargestAspect);
        ScannedImage[] scanned = new ScannedImage[images.Count];
        int done = 0;
        object gate = new();
        _progress?.Report(new ImageCheckProgress(ImageCheckStage.ReadingImages, 0, images.Count));
        Parallel.For(0, images.Count, new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = _cancellationToken }, i =>
        {
            scanned[i] = scan.Read(images[i], isValidation: i >= _folder.Images.Count);
            lock (gate)
            {
                _progress?.Report(new ImageCheckProgress(ImageCheckStage.ReadingImages, ++done, images.Count));
            }
        });
        return scanned;
    }

    private FeatureFindings LookAtFeatures(ScannedImage[] readable, int[] groups)
    {
        using IBackbone? embedded = _options.Backbone is null ? VggBackbone.OpenEmbedded() : null;
        return new FeatureCheck(_options.Backbone ?? embedded!, _options, readable, groups, _progress, _cancellationToken).Run(_folder.Classes);
    }

    private static IEnumerable<DuplicateGroup> DuplicateGroups(ScannedImage[] images, int[] groups, double?[]? ownProbabilities)
    {
        foreach (int[] group in Enumerable.Range(0, images.Length).GroupBy(i => groups[i]).Select(group => group.ToArray()).Where(group => group.Length > 1))
        {
            bool sameLabel = group.All(i => images[i].Image.Label == images[group[0]].Image.Label);
            int kept = group
                .OrderByDescending(i => images[i].IsValidation)
                .ThenByDescending(i => sameLabel ? 0 : ownProbabilities?[i] ?? 0)
                .ThenByDescending(i => (long)images[i].Picture!.Width * images[i].Picture!.Height)
                .ThenByDescending(i => images[i].Bytes)
                .ThenBy(i => images[i].Image.Path, StringComparer.Ordinal)
                .First();
            yield return new DuplicateGroup(Public(images[kept]), [.. group.Where(i => i != kept).Select(i => Compare(images[kept], images[i]))]);
        }
    }

    private static DuplicateImage Compare(ScannedImage kept, ScannedImage copy)
    {
        float straight = kept.Picture!.Thumbnail.Correlation(copy.Picture!.Thumbnail, isMirrored: false);
        float mirrored = kept.Picture.Thumbnail.Correlation(copy.Picture.Thumbnail, isMirrored: true);
        (DuplicateKind kind, float similarity) =
            kept.ContentHash == copy.ContentHash ? (DuplicateKind.SameFile, 1f)
            : kept.Picture.PixelHash == copy.Picture.PixelHash ? (DuplicateKind.SamePixels, 1f)
            : mirrored > straight ? (DuplicateKind.Mirrored, mirrored)
            : (DuplicateKind.NearDuplicate, straight);
        return new DuplicateImage(Public(copy), kind, similarity);
    }

    private static CheckedImage Public(ScannedImage image) => new(image.Image.Path, image.Image.Label, image.IsValidation);
}
