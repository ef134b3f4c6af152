using Spectre.Console;
using Spectre.Console.Rendering;
using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>Metrics as tables or as JSON.</summary>
internal static class MetricsReport
{
    /// <summary>Classes that a screen takes: beyond that, the worst are shown, and the most frequent mistakes instead of a confusion matrix.</summary>
    private const int ClassesShown = 20;

    /// <summary>Pairs of classes, the most frequent mistakes first.</summary>
    private const int MistakesShown = 10;

    private const int LongestName = 40;
    private const int LongestColumn = 12;

    public static object ToJson(ClassificationMetrics metrics) => new
    {
        Images = metrics.Count,
        metrics.Accuracy,
        AccuracyInterval = new[] { metrics.AccuracyInterval.Low, metrics.AccuracyInterval.High },
        metrics.MacroAccuracy,
        metrics.LogLoss,
        metrics.TopKAccuracy,
        metrics.CalibrationError,
        Reliability = metrics.Reliability.Where(bin => bin.Count > 0).Select(bin => new { bin.Low, bin.High, Images = bin.Count, bin.Confidence, bin.Accuracy }),
        Classes = metrics.PerClass.Select(item => new { item.Label, Images = item.Support, item.Precision, item.Recall, item.F1 }),
        metrics.ConfusionMatrix,
    };

    public static void Write(Screen screen, ClassificationMetrics metrics)
    {
        int hits = (int)Math.Round(metrics.Accuracy * metrics.Count);
        Table overall = ResultTable.Create().HideHeaders().AddColumns(ResultTable.Text(""), ResultTable.Number(""), ResultTable.LongText(""));
        overall.AddRow(new Text("Accuracy (top-1)", ResultTable.Strong), new Text(ResultTable.Percent(metrics.Accuracy), ResultTable.Strong), new Text($"{hits} of {metrics.Count} images; on all such, {Number(metrics.AccuracyInterval.Low)} to {ResultTable.Percent(metrics.AccuracyInterval.High)} (95 % confidence)"));

        // Among as many as there are classes, the true one always is.
        for (int k = 1; k < Math.Min(metrics.TopKAccuracy.Count, metrics.Labels.Count - 1); k++)
        {
            overall.AddRow(new Text($"Top-{k + 1} accuracy"), new Text(ResultTable.Percent(metrics.TopKAccuracy[k])), new Text("true class among the most probable"));
        }

        overall.AddRow(new Text("Macro accuracy"), new Text(ResultTable.Percent(metrics.MacroAccuracy)), new Text("mean of the classes' recalls"));
        overall.AddRow(new Text("Calibration error"), new Text(ResultTable.Percent(metrics.CalibrationError)), new Text("mean distance between probability and share of hits"));
        overall.AddRow(new Text("Log-loss"), new Text($"{metrics.LogLoss:0.0000}"), new Text("0 is perfect"));
        screen.Write(overall);
        WriteClasses(screen, metrics);
        Table confusion = ConfusionMatrix(metrics);
        if (metrics.Labels.Count <= ClassesShown && screen.Fits(confusion))
        {
            screen.Write(confusion);
        }
        else
        {
            WriteMistakes(screen, metrics);
        }
    }

    private static string Number(double share) => $"{share * 100:0.0}";

    private static void WriteClasses(Screen screen, ClassificationMetrics metrics)
    {
        IEnumerable<ClassMetrics> shown = metrics.PerClass;
        if (metrics.PerClass.Count > ClassesShown)
        {
            shown = metrics.PerClass.Where(item => item.Support > 0).OrderBy(item => item.F1).Take(ClassesShown);
            Console.Out.WriteLine($"The {ClassesShown} worst of {metrics.PerClass.Count} classes by F1 (--json has all):");
        }

        Table table = ResultTable.Create().AddColumns(
            ResultTable.Text("Class"), ResultTable.Number("Precision"), ResultTable.Number("Recall"), ResultTable.Number("F1"), ResultTable.Number("Images"));
        foreach (ClassMetrics item in shown)
        {
            table.AddRow(
                new Text(PrintableText.Shorten(item.Label, LongestName)),
                new Text(ResultTable.Percent(item.Precision)),
                new Text(ResultTable.Percent(item.Recall)),
                new Text($"{item.F1:0.000}"),
                new Text($"{item.Support}"));
        }

        screen.Write(table);
    }

    private static Table ConfusionMatrix(ClassificationMetrics metrics)
    {
        Table table = ResultTable.Create().AddColumn(ResultTable.Text("True \\ predicted"));
        foreach (string label in metrics.Labels)
        {
            table.AddColumn(ResultTable.Number(PrintableText.Shorten(label, LongestColumn)));
        }

        for (int row = 0; row < metrics.Labels.Count; row++)
        {
            var cells = new List<IRenderable> { new Text(PrintableText.Shorten(metrics.Labels[row], LongestName)) };
            for (int column = 0; column < metrics.Labels.Count; column++)
            {
                int count = metrics.ConfusionMatrix[row][column];
                cells.Add(new Text(count == 0 ? "." : $"{count}", count == 0 ? ResultTable.Dim : row == column ? ResultTable.Good : ResultTable.Bad));
            }

            table.AddRow(cells);
        }

        return table;
    }

    /// <summary>What is mistaken for what, where the whole matrix is too large to look at.</summary>
    private static void WriteMistakes(Screen screen, ClassificationMetrics metrics)
    {
        (string True, string Predicted, int Images)[] mistakes =
        [
            .. metrics.ConfusionMatrix.Index()
                .SelectMany(row => row.Item.Index().Where(cell => cell.Index != row.Index && cell.Item > 0).Select(cell => (metrics.Labels[row.Index], metrics.Labels[cell.Index], cell.Item)))
                .OrderByDescending(mistake => mistake.Item3),
        ];
        if (mistakes.Length == 0)
        {
            return;
        }

        Table table = ResultTable.Create().AddColumns(ResultTable.LongText("True class"), ResultTable.LongText("Taken for"), ResultTable.Number("Images"));
        foreach ((string label, string predicted, int images) in mistakes.Take(MistakesShown))
        {
            table.AddRow(new Text(PrintableText.Shorten(label, LongestName)), new Text(PrintableText.Shorten(predicted, LongestName)), new Text($"{images}", ResultTable.Bad));
        }

        screen.Write(table);
        if (mistakes.Length > MistakesShown)
        {
            Console.Out.WriteLine($"... and {mistakes.Length - MistakesShown} rarer ones (--json has the whole confusion matrix).");
        }
    }
}
