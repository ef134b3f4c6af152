using System.CommandLine;
using System.Globalization;
using VggTransfer.Classification;
using VggTransfer.Images;

namespace VggTransfer.Cli;

/// <summary>Finds what a page about a classifier shows, from what a command has.</summary>
internal static class ClassificationFacts
{
    /// <summary>Marks on the map of features: more of them take a quarter of a minute to place, and cover each other.</summary>
    private const int MostOnMap = 600;

    /// <summary>After <c>train</c>.</summary>
    public static ClassificationFindings Of(TrainedImageClassifier trained, string folder, string model, string command, int threads, IReadOnlyList<string> warnings, TimeSpan time, CancellationToken cancellationToken)
    {
        ClassifierDescription description = trained.Description;
        int stride = Math.Max(1, trained.ValidationFeatures.Count / MostOnMap);
        (string, int)[] training = [.. trained.TrainingPaths.Zip(trained.TrainingFeatures.Classes)];
        (string, int)[] judged = [.. trained.ValidationPredictions.Select(prediction => (prediction.Path, prediction.Class))];
        return new ClassificationFindings
        {
            Summary = $"A head was trained on {description.TrainingImages} images of {description.Labels.Count} classes in '{folder}', on features of {description.Architecture}, and judged on {description.ValidationImages} images that it hasn't seen. {Verdict(trained.Validation)}",
            Images = trained.ValidationPredictions,
            Metrics = trained.Validation,
            Model = model,
            Facts = Facts(description, model, time),
            Command = command,
            RawPixelAccuracy = RawPixelBaseline.Accuracy(description.Labels.Count, training, judged, description.Orientation, threads, cancellationToken),
            LearningCurve = LearningCurve.Compute(trained, cancellationToken),
            Features = [.. trained.ValidationFeatures.Features.Index().Where(row => row.Index % stride == 0)],
            Warnings = warnings,
        };
    }

    /// <summary>After <c>evaluate</c>, and after <c>finetune</c> on the images that judged it.</summary>
    public static ClassificationFindings Of(EvaluationResult result, ClassifierDescription description, string folder, string model, string command, IReadOnlyList<string> warnings, TimeSpan time, string? trainingCurves = null) => new()
    {
        Summary = $"The model '{Path.GetFileName(model)}' was judged on {result.Metrics.Count} images of {result.Metrics.PerClass.Count(item => item.Support > 0)} classes in '{folder}'. {Verdict(result.Metrics)}",
        Images = result.Predictions,
        Metrics = result.Metrics,
        Model = model,
        Facts = Facts(description, model, time),
        Command = command,
        Features = result.Features,
        TrainingCurves = trainingCurves,
        Warnings = warnings,
    };

    /// <summary>The command as it was typed, so that a shell understands it again.</summary>
    public static string CommandOf(ParseResult parsed) => $"{Tool.Name} {string.Join(' ', parsed.Tokens.Select(token => PrintableText.Quote(token.Value)))}";

    private static string Verdict(ClassificationMetrics metrics) =>
        $"It is right in {ClassificationPage.Percent(metrics.Accuracy)} of cases; on all such images that share lies between {ClassificationPage.Percent(metrics.AccuracyInterval.Low)} and {ClassificationPage.Percent(metrics.AccuracyInterval.High)}, with a confidence of 95 %.";

    private static List<(string, string)> Facts(ClassifierDescription description, string model, TimeSpan time)
    {
        List<(string, string)> facts =
        [
            ("Model", model),
            ("Network", $"{description.Architecture}, {description.Backbone.Source}"),
            ("Features", $"{description.Layer.Describe()}, input {description.InputSize} x {description.InputSize}"),
            ("Arithmetic", $"{PrecisionOption.NameOf(description.Precision.Precision)}: {description.Precision.Reason}"),
            ("L2 penalty of the head", string.Create(CultureInfo.InvariantCulture, $"{description.L2Regularization}, on {(description.Scaling == FeatureScaling.Standardized ? "standardized features" : "features scaled alike")}")),
            ("Photos turned upright", description.Orientation == ImageOrientation.Upright ? "yes" : "no"),
            ("Seed", description.Seed.ToString(CultureInfo.InvariantCulture)),
            ("Trained on", $"{description.TrainingImages} images, validated on {description.ValidationImages}{(description.IsRefitted ? "; the saved head was then fitted again on all of them" : "")}"),
            ("Trained by", $"VggTransfer {description.TrainedBy}"),
            ("Report by", $"VggTransfer {Tool.Version}, .NET {Environment.Version}, {Environment.ProcessorCount} processors"),
            ("Date", DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
            ("Time", string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s before this report")),
        ];
        if (description.Calibration is { } calibration)
        {
            facts.Insert(5, ("Calibration", string.Create(CultureInfo.InvariantCulture, $"temperature {calibration.Temperature:0.000} from {calibration.Images} images; calibration error {calibration.ErrorBefore:0.0 %} before, {calibration.ErrorAfter:0.0 %} after")));
        }

        return facts;
    }
}
