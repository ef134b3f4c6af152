using System.Globalization;
using System.Text;
using VggTransfer.Keras.Plots;

namespace VggTransfer.Cli;

/// <summary>
/// A chart as inline SVG: colours are the page's variables, so that it follows the reader's theme and prints. Series differ by
/// dashes and marks as well as by colour.
/// </summary>
internal sealed class Chart(string title, Axis horizontal, Axis vertical, string horizontalTitle, string verticalTitle)
{
    private const int Width = 560;
    private const int Height = 360;
    private const int Left = 62;
    private const int Right = 28;
    private const int Top = 14;
    private const int Bottom = 48;

    private readonly StringBuilder _marks = new();

    /// <summary>How a tick of the horizontal axis is written.</summary>
    public Func<double, string> HorizontalLabel { get; init; } = Plain;

    /// <summary>How a tick of the vertical axis is written.</summary>
    public Func<double, string> VerticalLabel { get; init; } = Plain;

    public static string Plain(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);

    public static string Percent(double value) => value.ToString("0 %", CultureInfo.InvariantCulture);

    /// <summary>A line through points.</summary>
    /// <param name="points">In the axes' units.</param>
    /// <param name="series">Its number, from 0: colour and dashes follow.</param>
    /// <param name="marked">Whether points get marks.</param>
    public void Line(IEnumerable<(double X, double Y)> points, int series, bool marked = false)
    {
        (double X, double Y)[] places = [.. points.Select(point => (X(point.X), Y(point.Y)))];
        Append($"<polyline class=\"series s{series % 10}\" points=\"{string.Join(' ', places.Select(place => $"{Number(place.X)},{Number(place.Y)}"))}\"/>");
        foreach ((double x, double y) in marked ? places : [])
        {
            Append($"<circle class=\"s{series % 10}\" cx=\"{Number(x)}\" cy=\"{Number(y)}\" r=\"3\"/>");
        }
    }

    /// <summary>What an ideal would look like.</summary>
    public void Guide((double X, double Y) from, (double X, double Y) to) =>
        Append($"<line class=\"guide\" x1=\"{Number(X(from.X))}\" y1=\"{Number(Y(from.Y))}\" x2=\"{Number(X(to.X))}\" y2=\"{Number(Y(to.Y))}\"/>");

    /// <summary>A bar from the floor.</summary>
    public void Bar(double from, double to, double height, string words) =>
        Append($"<rect class=\"bar\" x=\"{Number(X(from) + 1)}\" y=\"{Number(Y(height))}\" width=\"{Number(Math.Max(1, X(to) - X(from) - 2))}\" height=\"{Number(Y(0) - Y(height))}\"><title>{Escape(words)}</title></rect>");

    /// <summary>A point of a class.</summary>
    /// <param name="x">In the axis's unit.</param>
    /// <param name="y">In the axis's unit.</param>
    /// <param name="series">The class.</param>
    /// <param name="isRight">Mistakes are drawn hollow.</param>
    /// <param name="words">What a pointer that rests on it says.</param>
    public void Point(double x, double y, int series, bool isRight, string words) =>
        Append($"<g class=\"point s{series % 10}{(isRight ? "" : " wrong")}\" transform=\"translate({Number(X(x))} {Number(Y(y))})\">{Shape(series)}<title>{Escape(words)}</title></g>");

    /// <summary>The chart, and below it what its series are.</summary>
    /// <param name="legend">The series' names; none for a chart of one.</param>
    public HtmlFragment Render(IReadOnlyList<string> legend)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg class=\"chart\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escape(title)}\">\n");
        foreach (double tick in vertical.Ticks)
        {
            svg.Append($"<line class=\"grid\" x1=\"{Left}\" y1=\"{Number(Y(tick))}\" x2=\"{Width - Right}\" y2=\"{Number(Y(tick))}\"/>");
            svg.Append($"<text x=\"{Left - 8}\" y=\"{Number(Y(tick) + 4)}\" text-anchor=\"end\">{Escape(VerticalLabel(tick))}</text>\n");
        }

        foreach (double tick in horizontal.Ticks)
        {
            svg.Append($"<line class=\"axis\" x1=\"{Number(X(tick))}\" y1=\"{Height - Bottom}\" x2=\"{Number(X(tick))}\" y2=\"{Height - Bottom + 4}\"/>");
            svg.Append($"<text x=\"{Number(X(tick))}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{Escape(HorizontalLabel(tick))}</text>\n");
        }

        svg.Append($"<line class=\"axis\" x1=\"{Left}\" y1=\"{Height - Bottom}\" x2=\"{Width - Right}\" y2=\"{Height - Bottom}\"/>");
        svg.Append($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\" text-anchor=\"middle\">{Escape(horizontalTitle)}</text>");
        svg.Append($"<text transform=\"translate(14 {(Top + Height - Bottom) / 2}) rotate(-90)\" text-anchor=\"middle\">{Escape(verticalTitle)}</text>\n");
        svg.Append(_marks).Append("</svg>\n");
        if (legend.Count > 0)
        {
            svg.Append("<ul class=\"legend\">");
            foreach ((int i, string name) in legend.Index())
            {
                svg.Append($"<li><svg viewBox=\"-12 -6 24 12\" aria-hidden=\"true\"><line class=\"series s{i % 10}\" x1=\"-11\" x2=\"11\"/><g class=\"s{i % 10}\">{Shape(i)}</g></svg>{Escape(name)}</li>");
            }

            svg.Append("</ul>\n");
        }

        return new HtmlFragment($"<figure class=\"wide\">{svg}</figure>");
    }

    private double X(double value) => Left + (horizontal.Place(value) * (Width - Left - Right));

    private double Y(double value) => Height - Bottom - (vertical.Place(value) * (Height - Top - Bottom));

    private void Append(string markup) => _marks.Append(markup).Append('\n');

    // More classes than shapes: colours then tell the rest apart.
    private static string Shape(int series) => (series % 5) switch
    {
        0 => "<circle r=\"3.4\"/>",
        1 => "<rect x=\"-3\" y=\"-3\" width=\"6\" height=\"6\"/>",
        2 => "<path d=\"M0-4.2 3.9 2.8-3.9 2.8Z\"/>",
        3 => "<path d=\"M0-4.4 4.4 0 0 4.4-4.4 0Z\"/>",
        _ => "<path d=\"M0 4.2 3.9-2.8-3.9-2.8Z\"/>",
    };

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    private static string Escape(string text) => HtmlFragment.Text(text).Html;
}
