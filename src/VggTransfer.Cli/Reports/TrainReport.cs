using Spectre.Console;
using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>The result of a training: what was chosen and why, what it is worth, where it is.</summary>
internal sealed class TrainReport(
    TrainedImageClassifier trained, ImageClassifierTrainerOptions options, string backbone, IReadOnlyList<string> warnings, string path, long bytes, string? page, TimeSpan time)
{
    private const int TrialsShown = 10;

    private ClassifierDescription Description => trained.Description;

    public object ToJson() => new
    {
        Model = path,
        Bytes = bytes,
        Backbone = new { Name = backbone, Description.Architecture, Preprocessing = PreprocessingOption.NameOf(Description.Preprocessing) },
        Device = "CPU",
        options.Threads,
        Description.Labels,
        Layer = Description.Layer.ToString(),
        Description.InputSize,
        Precision = new { Chosen = PrecisionOption.NameOf(Description.Precision.Precision), Description.Precision.Reason, Description.Precision.Similarity },
        Description.Scaling,
        L2 = Description.L2Regularization,
        Resize = Description.Resize.Id,
        Description.Orientation,
        Description.Seed,
        Description.TrainingImages,
        Description.ValidationImages,
        Refitted = Description.IsRefitted,
        InputSizeTrials = trained.InputSizeTrials.Select(trial => new { trial.InputSize, Layer = trial.Best.Recipe.Layer.ToString(), trial.Best.Recipe.Scaling, L2 = trial.Best.Recipe.L2Regularization, trial.Best.Accuracy, trial.Best.LogLoss }),
        HeadTrials = trained.HeadTrials.Select(trial => new { Layer = trial.Recipe.Layer.ToString(), trial.Recipe.Scaling, L2 = trial.Recipe.L2Regularization, trial.Accuracy, trial.LogLoss }),
        Description.Calibration,
        trained.TellsUnknown,
        Validation = MetricsReport.ToJson(trained.Validation),
        trained.Skipped,
        trained.FromCache,
        Warnings = warnings,
        Seconds = Math.Round(time.TotalSeconds, 3),
    };

    public void Write(Screen screen)
    {
        Console.Out.WriteLine($"Trained on {Description.TrainingImages} images of {Description.Labels.Count} classes, validated on {Description.ValidationImages} that the head hasn't seen.");
        if (Description.IsRefitted)
        {
            Console.Out.WriteLine($"The saved head was then fitted again on all {Description.TrainingImages + Description.ValidationImages}; the figures are those of the head before.");
        }

        Table chosen = ResultTable.Create().AddColumns(ResultTable.Text("Chosen"), ResultTable.LongText(""), ResultTable.LongText("Why"));
        chosen.AddRow(new Text("Layer"), new Text(Description.Layer.Describe(), ResultTable.Strong), new Text(WhyLayer));
        chosen.AddRow(new Text("Input size"), new Text($"{Description.InputSize}", ResultTable.Strong), new Text(WhyInputSize));
        chosen.AddRow(new Text("Precision"), new Text(PrecisionOption.NameOf(Description.Precision.Precision), ResultTable.Strong), new Text(Description.Precision.Reason));
        chosen.AddRow(new Text("Scaling"), new Text(NameOf(Description.Scaling), ResultTable.Strong), new Text(Compared ? "better in cross-validation" : "usually good; too few images to compare"));
        chosen.AddRow(new Text("L2"), new Text($"{Description.L2Regularization}", ResultTable.Strong), new Text(WhyL2));
        screen.Write(chosen);
        WriteTrials(screen);
        MetricsReport.Write(screen, trained.Validation);
        CalibrationLines.Write(Description.Calibration, trained.TellsUnknown);
        Console.Out.WriteLine($"{SkippedImages.Count(Description.TrainingImages + Description.ValidationImages, trained.Skipped.Count)}{CachedImages.Describe(trained.FromCache)}, in {time.TotalSeconds:0.0} s.");
        Console.Out.WriteLine($"Saved to {PrintableText.Of(path)} ({bytes / 1e6:0.0} MB).");
        ReportLine.Write(page);
        Console.Out.WriteLine($"Next: vggtransfer predict {PrintableText.Quote(path)} PHOTO.jpg");
    }

    private bool Compared => trained.HeadTrials.Count > 0;

    private int LayersTried => trained.HeadTrials.Select(trial => trial.Recipe.Layer).Distinct().Count();

    private string WhyLayer =>
        options.Layer is not null ? "as asked for"
        : LayersTried > 1 ? $"best of {LayersTried} in cross-validation"
        : !options.Backbone!.TakesAnySize ? "the usual one of a network with dense layers"
        : "usually the best; too few images to compare";

    private string WhyInputSize =>
        options.InputSize is not null ? "as asked for"
        : trained.InputSizeTrials.Count > 0 ? "better in cross-validation: log-loss " + string.Join(", ", trained.InputSizeTrials.Select(trial => $"{trial.Best.LogLoss:0.0000} at {trial.InputSize}"))
        : !options.Backbone!.TakesAnySize ? "the only one of a network with dense layers"
        : "suits the size of the images";

    private string WhyL2 =>
        options.L2Regularization is not null ? "as asked for"
        : Compared ? $"best of {trained.HeadTrials.Select(trial => trial.Recipe.L2Regularization).Distinct().Count()} in cross-validation"
        : "usually good; too few images to compare";

    private static string NameOf(FeatureScaling scaling) => scaling == FeatureScaling.Uniform ? "uniform" : "standardized";

    private void WriteTrials(Screen screen)
    {
        if (!Compared)
        {
            return;
        }

        Table table = ResultTable.Create().AddColumns(ResultTable.LongText("Cross-validation of"), ResultTable.Text("Scaling"), ResultTable.Number("L2"), ResultTable.Number("Accuracy"), ResultTable.Number("Log-loss"));
        foreach (HeadTrial trial in trained.HeadTrials.Take(TrialsShown))
        {
            Style style = trial == trained.HeadTrials[0] ? ResultTable.Strong : Style.Plain;
            table.AddRow(
                new Text(trial.Recipe.Layer.Describe(), style),
                new Text(NameOf(trial.Recipe.Scaling), style),
                new Text($"{trial.Recipe.L2Regularization}", style),
                new Text(ResultTable.Percent(trial.Accuracy), style),
                new Text($"{trial.LogLoss:0.0000}", style));
        }

        screen.Write(table);
    }
}
