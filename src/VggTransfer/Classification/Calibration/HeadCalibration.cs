
namespace VggTransfer.Classification;

/// <summary>A head whose probabilities mean what they say, and what tells pictures that are none of its classes.</summary>
/// <param name="Head">The head; its logits are calibrated.</param>
/// <param name="Novelty">Null where there are too few images to tell what is usual.</param>
/// <param name="Summary">What was done.</param>
/// <param name="Validation">What the calibrated head is worth on the validation images.</param>
internal sealed record CalibratedHead(LinearHead Head, NoveltyDetector? Novelty, CalibrationSummary Summary, ClassificationMetrics Validation);

/// <summary>
/// Calibrates a fitted head on images that it hasn't seen: the validation images, and where these are few, the training images,
/// too, each judged by a head that was fitted without it.
/// </summary>
internal sealed class HeadCalibration
{
    /// <summary>With as many validation images, the temperature is known to a few percent, and they do alone.</summary>
    private const int EnoughImages = 100;

    /// <summary>Of fewer held-out images, one in twenty is none.</summary>
    private const int FewestForNovelty = 20;

    private readonly IReadOnlyList<string> _labels;
    private readonly int _seed;
    private readonly int _threads;
    private readonly CancellationToken _cancellationToken;

    /// <param name="labels">The names of the classes.</param>
    /// <param name="seed">Of the folds.</param>
    /// <param name="threads">Threads of a fit.</param>
    /// <param name="cancellationToken">Ends the work between two fits.</param>
    public HeadCalibration(IReadOnlyList<string> labels, int seed, int threads, CancellationToken cancellationToken)
    {
        _labels = labels;
        _seed = seed;
        _threads = threads;
        _cancellationToken = cancellationToken;
    }

    /// <param name="head">Fitted on the training images.</param>
    /// <param name="recipe">How it was fitted.</param>
    /// <param name="training">What it was fitted on.</param>
    /// <param name="validation">What it hasn't seen.</param>
    public CalibratedHead Calibrate(LinearHead head, HeadRecipe recipe, LabeledFeatures training, LabeledFeatures validation)
    {
        List<Judge> judges = [new Judge(head, training, validation)];
        if (validation.Count < EnoughImages && HeadSelection.CanChoose(training.Classes))
        {
            judges.AddRange(FitFolds(recipe, training));
        }

        double temperature = TemperatureScaling.Fit(
            [.. judges.SelectMany(judge => judge.Unseen.Features.Select(features => judge.Head.Logits(features)))], [.. judges.SelectMany(judge => judge.Unseen.Classes)]);
        LinearHead calibrated = head.AtTemperature(temperature);
        ClassificationMetrics before = Judged(head, validation), after = Judged(calibrated, validation);
        int images = judges.Sum(judge => judge.Unseen.Count);
        return new CalibratedHead(calibrated, images < FewestForNovelty ? null : FitNovelty(judges, temperature), new CalibrationSummary
        {
            Temperature = temperature,
            Images = images,
            HeldOutTrainingImages = images - validation.Count,
            ErrorBefore = before.CalibrationError,
            ErrorAfter = after.CalibrationError,
            LogLossBefore = before.LogLoss,
            LogLossAfter = after.LogLoss,
        }, after);
    }

    /// <summary>A head on all images in place of one that was judged; temperature, metrics and the limit of strangeness stay those of images held out.</summary>
    /// <param name="judged">The head that was judged.</param>
    /// <param name="recipe">How it was fitted.</param>
    /// <param name="all">Its images and those that judged it.</param>
    public CalibratedHead Refit(CalibratedHead judged, HeadRecipe recipe, LabeledFeatures all)
    {
        LinearHead head = recipe.Fit(all, _labels.Count, _threads, _cancellationToken).AtTemperature(judged.Summary.Temperature);
        return judged with { Head = head, Novelty = judged.Novelty is { } novelty ? NoveltyDetector.Fit(all.Features, head, _seed).WithScores(novelty.Scores) : null };
    }

    private IEnumerable<Judge> FitFolds(HeadRecipe recipe, LabeledFeatures training)
    {
        foreach (Fold fold in CrossValidation.Draw(training.Classes, _seed))
        {
            LabeledFeatures learnt = training.Select(fold.Learnt);
            yield return new Judge(recipe.Fit(learnt, _labels.Count, _threads, _cancellationToken), learnt, training.Select(fold.Held));
        }
    }

    private NoveltyDetector FitNovelty(List<Judge> judges, double temperature)
    {
        NoveltyDetector[] detectors = new NoveltyDetector[judges.Count];
        var scores = new List<double>();
        foreach ((int i, Judge judge) in judges.Index())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            LinearHead head = judge.Head.AtTemperature(temperature);
            detectors[i] = NoveltyDetector.Fit(judge.Seen.Features, head, _seed);
            scores.AddRange(judge.Unseen.Features.Select(features => detectors[i].Score(features, head.Logits(features))));
        }

        return detectors[0].WithScores(scores);
    }

    private ClassificationMetrics Judged(LinearHead head, LabeledFeatures images) =>
        ClassificationMetrics.Compute(_labels, images.Classes, [.. images.Features.Select(features => head.Probabilities(features))]);

    /// <param name="Head">A head.</param>
    /// <param name="Seen">What it was fitted on.</param>
    /// <param name="Unseen">What it says something about all the same.</param>
    private sealed record Judge(LinearHead Head, LabeledFeatures Seen, LabeledFeatures Unseen);
}
