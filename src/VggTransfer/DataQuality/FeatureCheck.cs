using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Quantization;

namespace VggTransfer.DataQuality;

/// <summary>Sends images through the network, and looks for wrong labels and outliers in what comes out.</summary>
internal sealed class FeatureCheck
{
    private readonly IBackbone _backbone;
    private readonly ImageFolderCheckOptions _options;
    private readonly IReadOnlyList<ScannedImage> _images;
    private readonly int[] _groups;
    private readonly IProgress<ImageCheckProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly List<string> _notes = [];
    private OnnxPrecision _precision;

    /// <param name="backbone">The network.</param>
    /// <param name="options">What to look for.</param>
    /// <param name="images">Images that can be read.</param>
    /// <param name="groups">For each image the number of its group of copies.</param>
    /// <param name="progress">Told how far the work is.</param>
    /// <param name="cancellationToken">Ends the work between two batches or fits.</param>
    public FeatureCheck(IBackbone backbone, ImageFolderCheckOptions options, IReadOnlyList<ScannedImage> images, int[] groups, IProgress<ImageCheckProgress>? progress, CancellationToken cancellationToken)
    {
        _backbone = backbone;
        _options = options;
        _images = images;
        _groups = groups;
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    /// <param name="classes">All classes, in the order of their indices.</param>
    public FeatureFindings Run(IReadOnlyList<string> classes)
    {
        // The sources and the size of a training, so that labels are judged by what would be trained.
        IReadOnlyList<FeatureLayer> candidates = _options.Layer is null ? _backbone.LayerCandidates : [_options.Layer];
        var whole = FeatureLayer.Union(candidates.Append(_backbone.OutlierLayer));
        _ = _backbone.Dimension(whole);
        int size = _options.InputSize ?? (_backbone.TakesAnySize
            ? InputSizeRule.For([.. _images.Select(image => image.Image.Path)], _options.Decoding)[0]
            : _backbone.InputSize);
        int Dimension(FeatureLayer of) => _backbone.Dimension(of, size);
        float[][] features = Extract(whole, size);

        double?[] own = new double?[_images.Count];
        (IReadOnlyList<LabelIssue> labels, FeatureLayer layer, double? accuracy) = CheckLabels(classes, candidates, whole, Dimension, features, own);
        var forOutliers = new FeatureSlicer(whole, _backbone.OutlierLayer, Dimension);
        double[] distances = [];
        if (_images.Count >= OutlierSearch.SmallestSet)
        {
            distances = OutlierSearch.Distances([.. features.Select(vector => forOutliers.Slice(vector))], _groups, _options.Seed, _options.Threads, Report(ImageCheckStage.FindingOutliers), _cancellationToken);
        }
        else
        {
            _notes.Add($"Outliers weren't looked for: that takes {OutlierSearch.SmallestSet} readable images.");
        }

        return new FeatureFindings(new ImageCheckFeatures(layer, size, _precision, accuracy), labels, own, distances, _notes);
    }

    private Action<int, int> Report(ImageCheckStage stage) => (done, total) => _progress?.Report(new ImageCheckProgress(stage, done, total));

    /// <summary>The features of each image; files with the same bytes go through the network once.</summary>
    private float[][] Extract(FeatureLayer whole, int size)
    {
        int[] first = [.. Enumerable.Range(0, _images.Count).DistinctBy(i => _images[i].ContentHash)];
        var byContent = new Dictionary<string, float[]>(first.Length, StringComparer.Ordinal);
        using var chosen = ChosenFeatures.Open(
            _backbone,
            _options.Precision,
            [.. _images.Select(image => image.Image.Path)],
            _options.Extraction(whole, size),
            _options.FeatureCache,
            image => new InvalidImageFolderException(image.Name, $"it became unreadable while it was being checked ({image.Error!.Message.TrimEnd('.')}); check again when nothing changes the images", image.Error),
            Report(ImageCheckStage.ChoosingPrecision),
            _cancellationToken);
        _precision = chosen.Precision.Precision;
        var progress = new StepProgress(Report(ImageCheckStage.ExtractingFeatures));
        foreach ((int i, float[] values) in chosen.Features.Extract([.. first.Select(place => _images[place].Image.Path)], progress, _cancellationToken))
        {
            byContent[_images[first[i]].ContentHash] = values;
        }

        if (chosen.Features.Warning is { } warning)
        {
            _notes.Add(warning);
        }

        return [.. _images.Select(image => byContent[image.ContentHash])];
    }

    private (IReadOnlyList<LabelIssue> Labels, FeatureLayer Layer, double? Accuracy) CheckLabels(
        IReadOnlyList<string> classes, IReadOnlyList<FeatureLayer> candidates, FeatureLayer whole, Func<FeatureLayer, int> dimension, float[][] features, double?[] own)
    {
        // A class needs an image in every fold.
        string[] small = [.. classes.Where(label => Enumerable.Range(0, _images.Count).Where(i => _images[i].Image.Label == label).Select(i => _groups[i]).Distinct().Count() < HeldOutProbabilities.Folds)];
        string[] labels = [.. classes.Except(small)];
        if (labels.Length < 2)
        {
            _notes.Add($"Labels weren't checked: that takes two classes with {HeldOutProbabilities.Folds} different readable images each.");
            return ([], candidates[0], null);
        }

        if (small.Length > 0)
        {
            _notes.Add($"Labels of {(small.Length == 1 ? $"class '{small[0]}'" : $"{small.Length} classes ({string.Join(", ", small.Take(5).Select(label => $"'{label}'"))}{(small.Length > 5 ? ", ..." : "")})")} weren't checked: that takes {HeldOutProbabilities.Folds} different readable images of a class.");
        }

        Dictionary<string, int> indices = labels.Index().ToDictionary(item => item.Item, item => item.Index, StringComparer.Ordinal);
        int[] places = [.. Enumerable.Range(0, _images.Count).Where(i => indices.ContainsKey(_images[i].Image.Label))];
        int[] truth = [.. places.Select(i => indices[_images[i].Image.Label])];
        HeadRecipe recipe = Choose(labels, candidates, whole, dimension, features, places, truth);
        var slicer = new FeatureSlicer(whole, recipe.Layer, dimension);
        float[][] sliced = [.. places.Select(i => slicer.Slice(features[i]))];
        float[][] probabilities = HeldOutProbabilities.Compute(
            labels, truth, [.. places.Select(i => _groups[i])], i => sliced[i], recipe, _options.Seed, _options.Threads, Report(ImageCheckStage.CheckingLabels), _cancellationToken);
        int hits = 0;
        for (int i = 0; i < places.Length; i++)
        {
            own[places[i]] = probabilities[i][truth[i]];
            hits += ClassificationMetrics.ArgMax(probabilities[i]) == truth[i] ? 1 : 0;
        }

        Dictionary<string, int> all = classes.Index().ToDictionary(item => item.Item, item => item.Index, StringComparer.Ordinal);
        LabelIssue[] issues = [.. ConfidentLearning.Find(truth, probabilities, _options.LabelSupport)
            .Select(issue => issue with { Place = places[issue.Place], Suggested = all[labels[issue.Suggested]] })];
        return (issues, recipe.Layer, (double)hits / places.Length);
    }

    private HeadRecipe Choose(
        string[] labels, IReadOnlyList<FeatureLayer> candidates, FeatureLayer whole, Func<FeatureLayer, int> dimension, float[][] features, int[] places, int[] truth)
    {
        IReadOnlyList<HeadTrial> trials = new HeadSelection(labels, _options.Seed, _options.Threads).Run(
            HeadSelection.Candidates(candidates, whole, dimension, i => features[places[i]]),
            truth,
            l2Regularization: null,
            Report(ImageCheckStage.SelectingLayer),
            _cancellationToken);
        return trials[0].Recipe;
    }
}
