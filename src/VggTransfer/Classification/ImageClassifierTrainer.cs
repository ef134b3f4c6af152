using Microsoft.ML;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.MlNet;
using VggTransfer.Quantization;

namespace VggTransfer.Classification;

/// <summary>Trains a head on the features of a frozen VGG: from a folder of images to a classifier.</summary>
public sealed class ImageClassifierTrainer
{
    private readonly ImageFolder _folder;
    private readonly ImageClassifierTrainerOptions _options;
    private readonly IBackbone _backbone;
    private readonly IProgress<TrainingProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly List<string> _warnings = [];
    private readonly List<SkippedImage> _skipped = [];
    private int _fromCache;

    private ImageClassifierTrainer(ImageFolder folder, ImageClassifierTrainerOptions options, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        _folder = folder;
        _options = options;
        _backbone = options.Backbone ?? VggBackbone.OpenEmbedded();
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Trains a classifier.</summary>
    /// <param name="folder">The images, in at least two classes.</param>
    /// <param name="options">Backbone, layer, split and the like.</param>
    /// <param name="progress">Told how far the work is, from the first image on.</param>
    /// <param name="cancellationToken">Ends the work between two batches or fits.</param>
    /// <returns>The classifier, with what it is worth on images it hasn't seen; dispose it when it is saved.</returns>
    /// <exception cref="InvalidImageFolderException">There are fewer than two classes with readable images, or nothing to validate on.</exception>
    /// <exception cref="InvalidImageException">With <see cref="ImageClassifierTrainerOptions.Strict"/>: an image is no usable image.</exception>
    /// <exception cref="FeatureLayerNotFoundException">The backbone has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentException">An option is out of its range or doesn't fit the backbone.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static TrainedImageClassifier Train(
        ImageFolder folder, ImageClassifierTrainerOptions? options = null, IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options ??= new ImageClassifierTrainerOptions();
        options.Validate();
        return new ImageClassifierTrainer(folder, options, progress, cancellationToken).Train();
    }

    private TrainedImageClassifier Train()
    {
        TrainingPartition.CheckClasses(_folder.Path, _folder.Classes);
        IReadOnlyList<FeatureLayer> candidates = Candidates();
        var whole = FeatureLayer.Union(candidates);
        _ = _backbone.Dimension(whole);
        (int size, int? alternative) = InputSizes() switch { [int only] => (only, null), var both => (both[0], (int?)both[1]) };

        ExtractedImages extracted = Extract(TrainingPartition.Join(_folder.Images, _folder.Classes, _options.Validation), whole, size);
        TrainingPartition partition = Split(extracted);
        WarnOfLeakage(extracted, partition);
        Choice choice = Choose(candidates, whole, size, extracted, partition);
        var sizeTrials = new List<(int, HeadTrial)>();
        if (alternative is int otherSize && choice.Trials.Count > 0 && InputSizeRule.IsWorthTrying(otherSize, extracted.Images.Count, _options.InputSizeTrialImages))
        {
            ExtractedImages otherExtracted = Extract(extracted.Images, whole, otherSize);
            if (otherExtracted.Images.Count != extracted.Images.Count)
            {
                throw new InvalidImageFolderException(_folder.Path, "images in it became unreadable while they were being used; train again when nothing changes them");
            }

            Choice other = Choose(candidates, whole, otherSize, otherExtracted, partition);
            sizeTrials = [(size, choice.Trials[0]), (otherSize, other.Trials[0])];
            if (InputSizeRule.IsBetter(other.Trials[0], choice.Trials[0]))
            {
                (size, extracted, choice) = (otherSize, otherExtracted, other);
            }
        }

        return Fit(whole, size, extracted, partition, choice, sizeTrials);
    }

    private IReadOnlyList<FeatureLayer> Candidates() => _options.Layer is not null ? [_options.Layer] : _backbone.LayerCandidates;

    /// <summary>The size to use, and the one to compare it with where there is time.</summary>
    private IReadOnlyList<int> InputSizes() =>
        _options.InputSize is int given ? [given]
        : !_backbone.TakesAnySize ? [_backbone.InputSize]
        : InputSizeRule.For([.. _folder.Images.Select(image => image.Path)], _options.Decoding);

    private ExtractedImages Extract(IReadOnlyList<LabeledImage> images, FeatureLayer whole, int size)
    {
        string note = $"input size {size}";
        using var chosen = ChosenFeatures.Open(
            _backbone,
            _options.Precision,
            [.. _folder.Images.Select(image => image.Path)],
            _options.Extraction(whole, size),
            _options.FeatureCache,
            _options.Strict ? image => image.Error! : null,
            (done, total) => _progress?.Report(new TrainingProgress(TrainingStage.ChoosingPrecision, done, total, note)),
            _cancellationToken);
        FolderFeatures features = chosen.Features;
        var progress = new StepProgress((done, total) => _progress?.Report(new TrainingProgress(
            TrainingStage.ExtractingFeatures, done, total, features.FromCache == 0 ? note : $"{note}, {features.FromCache} of {total} from the cache")));
        (int Place, float[] Values)[] read = [.. features.Extract([.. images.Select(image => image.Path)], progress, _cancellationToken)];
        _fromCache += features.FromCache;
        _skipped.AddRange(features.Skipped);
        if (features.Warning is { } warning && !_warnings.Contains(warning))
        {
            _warnings.Add(warning);
        }

        return new ExtractedImages([.. read.Select(image => images[image.Place])], [.. read.Select(image => image.Values)], chosen.Network, chosen.Precision);
    }

    private TrainingPartition Split(ExtractedImages extracted) => TrainingPartition.Create(
        _folder.Path,
        _folder.Classes,
        extracted.Images,
        _options.Validation is null ? null : _folder.Images,
        _options.Validation?.Path,
        _options.ValidationFraction,
        _options.Seed,
        _warnings);

    private void WarnOfLeakage(ExtractedImages extracted, TrainingPartition partition)
    {
        IEnumerable<string> Paths(int[] places) => places.Select(i => extracted.Images[i].Path);
        int leaked = LeakedFiles.Find(Paths(partition.Training), Paths(partition.Validation), _cancellationToken).Count;
        if (leaked > 0)
        {
            _warnings.Add($"{(leaked == 1 ? "1 image" : $"{leaked} images")} to validate on {(leaked == 1 ? "is" : "are")} among those to learn from, byte for byte, so the accuracy is too high; 'vggtransfer check' finds such copies, and near ones.");
        }
    }

    private Choice Choose(IReadOnlyList<FeatureLayer> candidates, FeatureLayer whole, int size, ExtractedImages extracted, TrainingPartition partition)
    {
        int[] classes = [.. partition.Training.Select(i => partition.Classes[i])];
        if (!HeadSelection.CanChoose(classes))
        {
            return new Choice(HeadSelection.Usual(candidates, _options.L2Regularization), []);
        }

        IReadOnlyList<HeadTrial> trials = new HeadSelection(partition.Labels, _options.Seed, _options.Threads).Run(
            HeadSelection.Candidates(candidates, whole, layer => _backbone.Dimension(layer, size), i => extracted.Features[partition.Training[i]]),
            classes,
            _options.L2Regularization,
            (done, total) => _progress?.Report(new TrainingProgress(TrainingStage.SelectingLayer, done, total, $"input size {size}")),
            _cancellationToken);
        return new Choice(trials[0].Recipe, trials);
    }

    private TrainedImageClassifier Fit(
        FeatureLayer whole, int size, ExtractedImages extracted, TrainingPartition partition, Choice choice, IReadOnlyList<(int, HeadTrial)> sizeTrials)
    {
        _progress?.Report(new TrainingProgress(TrainingStage.FittingHead, 0, 1));
        var mlContext = new MLContext(_options.Seed);
        var slicer = new FeatureSlicer(whole, choice.Recipe.Layer, layer => _backbone.Dimension(layer, size));
        LabeledFeatures Part(int[] rows) => new([.. rows.Select(i => slicer.Slice(extracted.Features[i]))], [.. rows.Select(i => partition.Classes[i])]);
        LabeledFeatures training = Part(partition.Training);
        LabeledFeatures validation = Part(partition.Validation);
        LinearHead fitted = choice.Recipe.Fit(training, partition.Labels.Length, _options.Threads, _cancellationToken);
        var calibration = new HeadCalibration(partition.Labels, _options.Seed, _options.Threads, _cancellationToken);
        CalibratedHead calibrated = calibration.Calibrate(fitted, choice.Recipe, training, validation);

        // Whoever names images to judge by will judge by them again.
        bool refits = _options.Refit && _options.Validation is null;
        CalibratedHead saved = refits ? calibration.Refit(calibrated, choice.Recipe, training.Concat(validation)) : calibrated;
        VggFeaturesTransformer features = mlContext.Transforms.VggFeatures(FittedHead.FeaturesColumn, TrainedImageClassifier.PathColumn, new VggFeaturesOptions
        {
            Backbone = extracted.Network,
            Layer = choice.Recipe.Layer,
            InputSize = size,
            Orientation = _options.Orientation,
            Precision = extracted.Precision.Precision,
            BatchSize = _options.BatchSize,
            Threads = _options.Threads,
        }).Fit(TrainedImageClassifier.NoRows(mlContext));
        _progress?.Report(new TrainingProgress(TrainingStage.FittingHead, 1, 1));
        return new TrainedImageClassifier(mlContext, features, FittedHead.Create(mlContext, partition.Labels, saved.Head), saved.Novelty)
        {
            TrainingFeatures = training,
            TrainingPaths = [.. partition.Training.Select(row => extracted.Images[row].Path)],
            ValidationFeatures = validation,
            Validation = calibrated.Validation,
            ValidationPredictions = [.. partition.Validation.Select((row, i) => new LabeledPrediction(extracted.Images[row].Path, validation.Classes[i], calibrated.Head.Probabilities(validation.Features[i])))],
            InputSizeTrials = sizeTrials,
            HeadTrials = choice.Trials,
            Skipped = [.. _skipped.DistinctBy(image => image.Path)],
            Warnings = _warnings,
            FromCache = _fromCache,
            Description = new ClassifierDescription
            {
                TrainedBy = ClassifierDescription.ThisVersion,
                Labels = partition.Labels,
                Architecture = _backbone.DisplayName,
                Backbone = _backbone.Provenance,
                Preprocessing = _backbone.Preprocessing,
                Layer = choice.Recipe.Layer,
                InputSize = size,
                Resize = ResizeRecipe.MlNetCrop,
                Orientation = _options.Orientation,
                Scaling = choice.Recipe.Scaling,
                L2Regularization = choice.Recipe.L2Regularization,
                Seed = _options.Seed,
                TrainingImages = partition.Training.Length,
                ValidationImages = partition.Validation.Length,
                ValidationAccuracy = calibrated.Validation.Accuracy,
                IsRefitted = refits,
                Calibration = calibrated.Summary,
                Precision = extracted.Precision,
            },
        };
    }

    /// <summary>The images that could be read, their features, and what gave these.</summary>
    private sealed record ExtractedImages(IReadOnlyList<LabeledImage> Images, IReadOnlyList<float[]> Features, IBackbone Network, PrecisionChoice Precision);

    private sealed record Choice(HeadRecipe Recipe, IReadOnlyList<HeadTrial> Trials);
}
