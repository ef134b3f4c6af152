using Spectre.Console;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FineTuning;

namespace VggTransfer.Cli;

/// <summary>The result of a fine-tuning: what it gained, how it went, and what was written.</summary>
internal sealed class FineTuneReport(
    FineTunedImageClassifier tuned, string source, TrainingFolder output, ImageFolder folder, IReadOnlyList<string> warnings, string? page, TimeSpan time)
{
    private ClassifierDescription Description => tuned.Description;

    public object ToJson() => new
    {
        Output = output.Path,
        output.Model,
        output.Weights,
        output.History,
        output.Curves,
        Source = source,
        Network = Description.Architecture,
        Preprocessing = PreprocessingOption.NameOf(Description.Preprocessing),
        tuned.Device,
        Description.Labels,
        Layer = Description.Layer.ToString(),
        Description.InputSize,
        InputSizeTrials = tuned.InputSizeTrials.Select(trial => new { trial.InputSize, Layer = trial.Best.Recipe.Layer.ToString(), trial.Best.Recipe.Scaling, L2 = trial.Best.Recipe.L2Regularization, trial.Best.Accuracy, trial.Best.LogLoss }),
        Description.Seed,
        Description.TrainingImages,
        Description.ValidationImages,
        tuned.Stages,
        Epochs = tuned.Epochs.Count,
        tuned.BestEpoch,
        Figures = tuned.Epochs.SelectMany(figures => figures.Keys).Distinct().ToDictionary(
            name => name, name => tuned.Epochs.Select(figures => figures.TryGetValue(name, out double value) ? value : (double?)null)),
        Frozen = tuned.Frozen is { } frozen ? Summary(frozen) : null,
        Description.Calibration,
        tuned.TellsUnknown,
        Validation = MetricsReport.ToJson(tuned.Validation),
        ValidationMirrored = Summary(tuned.ValidationMirrored),
        tuned.Skipped,
        Warnings = warnings,
        Seconds = Math.Round(time.TotalSeconds, 3),
    };

    public void Write(Screen screen)
    {
        Console.Out.WriteLine($"Fine-tuned {Description.Architecture} on {Description.TrainingImages} images of {Description.Labels.Count} classes, validated on {Description.ValidationImages} that it wasn't trained on.");
        MetricsReport.Write(screen, tuned.Validation);
        WriteGain(screen);
        CalibrationLines.Write(Description.Calibration, tuned.TellsUnknown);
        WriteStages(screen);
        Table files = ResultTable.Create().HideHeaders().AddColumns(ResultTable.LongText(""), ResultTable.LongText(""));
        foreach ((string path, string what) in ((string, string)[])
            [(output.Model, "the classifier, for evaluate, predict and ML.NET"), (output.Weights, "the network, for weights convert and --backbone"), (output.History, "the figures of each epoch"), (output.Curves, "their curves")])
        {
            files.AddRow(new Text(PrintableText.Of(path), ResultTable.Strong), new Text(what));
        }

        screen.Write(files);
        Console.Out.WriteLine($"{SkippedImages.Count(Description.TrainingImages + Description.ValidationImages, tuned.Skipped.Count)}, in {Pace.Duration(time)} on {tuned.Device}.");
        ReportLine.Write(page);
        Console.Out.WriteLine($"Next: vggtransfer predict {PrintableText.Quote(output.Model)} PHOTO.jpg");
        Console.Out.WriteLine($"      vggtransfer evaluate {PrintableText.Quote(output.Model)} TEST-FOLDER --tta");
    }

    /// <summary>Before and after, one below the other.</summary>
    private void WriteGain(Screen screen)
    {
        Table table = ResultTable.Create().AddColumns(ResultTable.LongText("On the same validation images"), ResultTable.Number("Accuracy"), ResultTable.Number("Macro"), ResultTable.Number("Log-loss"));
        if (tuned.Frozen is { } frozen)
        {
            AddRow(table, "frozen features and a head (what train does)", frozen, Style.Plain);
        }

        // Its own arithmetic may judge an image or two otherwise than the head on frozen features did.
        string kept = tuned.BestEpoch > 0 ? "fine-tuned" : "the model that was saved, not fine-tuned";
        AddRow(table, kept, tuned.Validation, ResultTable.Strong);
        AddRow(table, $"{(tuned.BestEpoch > 0 ? kept : "the same")}, averaged with mirror pictures (--tta)", tuned.ValidationMirrored, Style.Plain);
        screen.Write(table);
        Console.Out.WriteLine(tuned.BestEpoch > 0
            ? $"Kept: epoch {tuned.BestEpoch} of {tuned.Epochs.Count}."
            : tuned.Epochs.Count == 0 ? "Kept: the first head; there was no time for an epoch. A larger --time-budget may help."
            : $"Kept: the first head; none of the {tuned.Epochs.Count} epochs was better on the validation images of '{PrintableText.Of(folder.Path)}'. More images, fewer trained layers or smaller learning rates may help.");
    }

    private void WriteStages(Screen screen)
    {
        if (tuned.Stages.Count < 2)
        {
            return;
        }

        Table table = ResultTable.Create().AddColumns(ResultTable.Number("Stage"), ResultTable.Text("Trained from"), ResultTable.Number("Input size"), ResultTable.Number("Epochs"));
        foreach ((int i, FineTuningStage stage) in tuned.Stages.Index())
        {
            table.AddRow($"{i + 1}", stage.FreezeUntil, $"{stage.InputSize}", $"{stage.Epochs}");
        }

        screen.Write(table);
    }

    private static void AddRow(Table table, string what, ClassificationMetrics metrics, Style style) => table.AddRow(
        new Text(what, style), new Text(ResultTable.Percent(metrics.Accuracy), style), new Text(ResultTable.Percent(metrics.MacroAccuracy), style), new Text($"{metrics.LogLoss:0.0000}", style));

    private static object Summary(ClassificationMetrics metrics) => new { Images = metrics.Count, metrics.Accuracy, metrics.MacroAccuracy, metrics.LogLoss, metrics.TopKAccuracy };
}
