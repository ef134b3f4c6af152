using Spectre.Console;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Cli;

/// <summary>The result of training a whole network: what it is worth, and what was written.</summary>
internal sealed class FitReport(
    VggArchitecture architecture,
    FitSettings settings,
    string device,
    FitData data,
    History history,
    ClassificationMetrics metrics,
    TrainingFolder output,
    IReadOnlyList<string> warnings,
    TimeSpan time)
{
    public object ToJson() => new
    {
        Output = output.Path,
        output.Model,
        output.Weights,
        History = output.History,
        output.Curves,
        Network = new { Name = architecture.DisplayName, architecture.InputSize, Parameters = architecture.ParameterCount },
        Device = device,
        Settings = settings,
        Labels = data.Classes,
        data.TrainingImages,
        data.ValidationImages,
        Epochs = history.Epochs.Count,
        Figures = history.ToDictionary(figure => figure.Key, figure => figure.Value),
        Validation = MetricsReport.ToJson(metrics),
        data.Skipped,
        Warnings = warnings,
        Seconds = Math.Round(time.TotalSeconds, 3),
    };

    public void Write(Screen screen)
    {
        Console.Out.WriteLine($"Trained {architecture.DisplayName} on {data.TrainingImages} images of {data.Classes.Count} classes, {(history.Epochs.Count == 1 ? "1 epoch" : $"{history.Epochs.Count} epochs")}, validated on {data.ValidationImages} that it hasn't seen.");
        MetricsReport.Write(screen, metrics);
        Table files = ResultTable.Create().HideHeaders().AddColumns(ResultTable.LongText(""), ResultTable.LongText(""));
        foreach ((string path, string what) in ((string, string)[])
            [(output.Model, "the classifier, for evaluate, predict and ML.NET"), (output.Weights, "the network, for weights convert"), (output.History, "the figures of each epoch"), (output.Curves, "their curves")])
        {
            files.AddRow(new Text(PrintableText.Of(path), ResultTable.Strong), new Text(what));
        }

        screen.Write(files);
        Console.Out.WriteLine($"{SkippedImages.Count(data.TrainingImages + data.ValidationImages, data.Skipped.Count)}, in {time.TotalSeconds:0.0} s.");
    }
}
