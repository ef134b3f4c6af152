using System.Globalization;

namespace VggTransfer.Benchmarks.Measuring;

/// <summary>Figures for people: a table in Markdown.</summary>
internal static class FigureTable
{
    public static IEnumerable<string> Lines(IEnumerable<Figure> figures)
    {
        string[][] rows =
        [
            ["name", "what", "ours", "peer", "unit", "ratio", "least to greatest"],
            .. figures.Select(figure => new[]
            {
                figure.Name, figure.What, Number(figure.Ours), Number(figure.Peer), figure.Unit.Text,
                Ratio(figure, figure.Ratio.Median), $"{Ratio(figure, figure.Ratio.Least)} to {Ratio(figure, figure.Ratio.Greatest)}",
            }),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        yield return Line(rows[0], widths);
        yield return $"|{string.Join('|', widths.Select(width => new string('-', width + 2)))}|";
        foreach (string[] row in rows.Skip(1))
        {
            yield return Line(row, widths);
        }
    }

    private static string Line(string[] cells, int[] widths) =>
        $"| {string.Join(" | ", cells.Select((cell, column) => cell.PadRight(widths[column])))} |";

    // Hundreds of megabytes need no digits behind the point, cosines near 1 all of them.
    private static string Number(double value) => value switch
    {
        >= 100 => value.ToString("F0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("F1", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00##", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000##", CultureInfo.InvariantCulture),
    };

    private static string Ratio(Figure figure, double value) =>
        value.ToString(figure.Unit == Unit.Cosine ? "0.00000" : value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);
}
