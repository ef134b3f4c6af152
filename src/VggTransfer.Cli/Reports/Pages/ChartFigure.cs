using VggTransfer.Keras.Plots;

namespace VggTransfer.Cli;

/// <summary>A chart in a page, whose style sheet gives it the reader's theme, and below it what its series are.</summary>
internal static class ChartFigure
{
    /// <param name="chart">The chart.</param>
    /// <param name="legend">The series' names; none for a chart of one.</param>
    public static HtmlFragment Of(Chart chart, params IReadOnlyList<string> legend) => Of(legend.Count == 0 ? chart.ToSvg()
        : $"{chart.ToSvg()}<ul class=\"legend\">{string.Concat(legend.Select((name, i) => $"<li>{Chart.Sample(i)}{HtmlFragment.Text(name)}</li>"))}</ul>\n");

    /// <param name="svg">A chart that was drawn.</param>
    public static HtmlFragment Of(string svg) => new($"<figure class=\"wide\">{svg}</figure>");
}
