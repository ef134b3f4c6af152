using System.Globalization;
using Spectre.Console;
using VggTransfer.Classification;
using VggTransfer.Features;
using VggTransfer.Quantization;

namespace VggTransfer.Cli;

/// <summary>What became of a network in 8-bit integers.</summary>
/// <param name="Model">What was quantised, as it was named.</param>
/// <param name="ModelBytes">The size of its file; null if it isn't one file.</param>
/// <param name="Layer">The features that were compared.</param>
/// <param name="InputSize">Side of the input in pixels.</param>
/// <param name="Measured">What calibration found; null where the network's own ranges were taken.</param>
internal sealed record QuantizeReport(string Model, long? ModelBytes, string Layer, int InputSize, QuantizationResult? Measured)
{
    public AccuracyComparison? Accuracy { get; init; }

    public string Output { get; init; } = "";

    public long Bytes { get; init; }

    public TimeSpan Time { get; init; }

    public IReadOnlyList<SkippedImage> Skipped => [.. (Measured?.Skipped ?? []).Concat(Accuracy?.Int8.Skipped ?? []).DistinctBy(image => image.Path)];

    public object ToJson() => new
    {
        Model,
        ModelBytes,
        Output,
        Bytes,
        Layer,
        InputSize,
        Ranges = Measured is null ? "from-model" : "measured",
        Measured?.Method,
        Trials = (Measured?.Trials ?? []).Select(trial => new { trial.Method, trial.Similarity.MeanCosine, trial.Similarity.LeastCosine }),
        CalibrationImages = Measured?.CalibrationImages ?? 0,
        ComparedImages = Measured?.ComparedImages ?? 0,
        Accuracy = Accuracy is null ? null : new { Accuracy.Folder, Images = Accuracy.Int8.Metrics.Count, Fp32 = Accuracy.Fp32.Metrics.Accuracy, Int8 = Accuracy.Int8.Metrics.Accuracy },
        Skipped,
        Seconds = Math.Round(Time.TotalSeconds, 3),
    };

    public void Write(Screen screen)
    {
        if (Measured is null)
        {
            Console.Out.WriteLine("The ranges are those that the network came with; --calibration FOLDER measures them, and compares features.");
        }
        else
        {
            Console.Out.WriteLine($"Ranges come from {Measured.CalibrationImages} images; {Layer} was compared with floating point on {Measured.ComparedImages}, at input size {InputSize}.");
            Table table = ResultTable.Create().AddColumns(ResultTable.Text("Ranges by"), ResultTable.Number("Mean cosine"), ResultTable.Number("Least cosine"));
            foreach (QuantizationTrial trial in Measured.Trials)
            {
                Style style = trial.Method == Measured.Method ? ResultTable.Strong : Style.Plain;
                table.AddRow(new Text(NameOf(trial.Method), style), new Text(Cosine(trial.Similarity.MeanCosine), style), new Text(Cosine(trial.Similarity.LeastCosine), style));
            }

            screen.Write(table);
            Console.Out.WriteLine($"Taken: {NameOf(Measured.Method)}.");
        }

        if (Accuracy is not null)
        {
            Console.Out.WriteLine($"Accuracy on {PrintableText.Of(Accuracy.Folder)} ({Accuracy.Int8.Metrics.Count} images): {ResultTable.Percent(Accuracy.Fp32.Metrics.Accuracy)} in fp32, {ResultTable.Percent(Accuracy.Int8.Metrics.Accuracy)} in int8.");
        }

        string before = ModelBytes is { } bytes ? $", from {bytes / 1e6:0.0} MB" : "";
        Console.Out.WriteLine($"Saved to {PrintableText.Of(Output)} ({Bytes / 1e6:0.0} MB{before}), in {Time.TotalSeconds:0.0} s.");
    }

    private static string NameOf(RangeMethod method) => method switch
    {
        RangeMethod.MinMax => "the largest value",
        RangeMethod.Percentile => "the percentile 99.99",
        _ => "entropy",
    };

    private static string Cosine(double cosine) => cosine.ToString("0.00000", CultureInfo.InvariantCulture);
}

/// <summary>A model's accuracy on a folder before and after.</summary>
internal sealed record AccuracyComparison(string Folder, EvaluationResult Fp32, EvaluationResult Int8);
