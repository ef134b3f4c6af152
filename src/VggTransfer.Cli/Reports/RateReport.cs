using System.Globalization;
using Spectre.Console;
using VggTransfer.FineTuning;

namespace VggTransfer.Cli;

/// <summary>What a search for a learning rate suggests.</summary>
internal sealed class RateReport(LearningRateCurve curve, FineTuningOptions options, TrainingFolder output)
{
    // A smaller fall is noise: the first head is fitted before the search, so that the loss may have nowhere to fall.
    private const double SmallestFall = 0.1;

    public string Plot => output.File("learning-rate.svg");

    public string Table => output.File("learning-rate.csv");

    // The search moves all rates together: the trained blocks keep their share of the head's.
    private double BackboneSuggestion => curve.Suggestion * options.BackboneLearningRate / options.LearningRate;

    /// <summary>By what share of its first value the smoothed loss falls, at the most.</summary>
    private double Fall => 1 - (curve.Points.Min(point => point.SmoothedLoss) / curve.Points[0].SmoothedLoss);

    public object ToJson() => new
    {
        Output = output.Path,
        Plot,
        Table,
        LearningRate = curve.Suggestion,
        BackboneLearningRate = BackboneSuggestion,
        curve.Steepest,
        curve.TenthOfLowest,
        Fall,
        Points = curve.Points.Select(point => new { point.Rate, point.Loss, point.SmoothedLoss }),
    };

    public void Write(Screen screen)
    {
        Table table = ResultTable.Create().AddColumns(ResultTable.LongText("Rate"), ResultTable.Number("Head"), ResultTable.Number("Topmost block"));
        table.AddRow(new Text("suggested: the middle of the longest fall of the loss", ResultTable.Strong), new Text(Shown(curve.Suggestion), ResultTable.Strong), new Text(Shown(BackboneSuggestion), ResultTable.Strong));
        table.AddRow("where the loss falls fastest", Shown(curve.Steepest), Shown(curve.Steepest * BackboneSuggestion / curve.Suggestion));
        table.AddRow("a tenth of that with the lowest loss", Shown(curve.TenthOfLowest), Shown(curve.TenthOfLowest * BackboneSuggestion / curve.Suggestion));
        screen.Write(table);
        Console.Out.WriteLine($"The curve is in {PrintableText.Of(Plot)}, its points are in {PrintableText.Of(Table)}.");
        if (Fall < SmallestFall)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The loss falls by {100 * Fall:0} % at the most, as the first head is fitted already: the suggestion is little more than chance. Stay with {Shown(options.LearningRate)} for the head and {Shown(options.BackboneLearningRate)} for the topmost block, or smaller ones where the loss rises there."));
            return;
        }

        Console.Out.WriteLine($"Next: the same command without --find-rate, with --learning-rate {Shown(curve.Suggestion)} --backbone-learning-rate {Shown(BackboneSuggestion)} and another --output");
    }

    private static string Shown(double rate) => rate.ToString("0.##E+0", CultureInfo.InvariantCulture).Replace("E+", "e", StringComparison.Ordinal).Replace("E", "e", StringComparison.Ordinal);
}
