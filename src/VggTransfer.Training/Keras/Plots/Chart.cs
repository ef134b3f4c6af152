using System.Globalization;
using System.Security;
using System.Text;

namespace VggTransfer.Keras.Plots;

/// <summary>
/// A chart as SVG 1.1: lines, bars and points between two axes, with the reader's own fonts. Every colour stands in its element, so that any
/// viewer shows it; and every element has a class (<c>series s0</c>, <c>grid</c>, <c>axis</c>, <c>guide</c>, <c>bar</c>, <c>point</c>), by which a
/// page that the chart is put into can give it colours of its own.
/// </summary>
/// <param name="title">What is drawn.</param>
/// <param name="horizontal">The axis below.</param>
/// <param name="vertical">The axis on the left.</param>
public sealed class Chart(string title, Axis horizontal, Axis vertical)
{
    private const int Width = 720;
    private const int Left = 70;
    private const int Right = 28;
    private const int Top = 34;
    private const int Bottom = 40;
    private const int NameWidth = 75;

    // Above this many, marks would run into each other.
    private const int MostMarks = 60;

    private const string Dim = "#999";

    private static readonly string[] s_colours = ["#0b6bcb", "#c2410c", "#15803d", "#a21caf", "#a16207", "#0e7490", "#be123c", "#4d7c0f", "#6d28d9", "#64748b"];

    private readonly StringBuilder _marks = new();
    private int _names;

    /// <summary>The chart's height in pixels; it is 720 wide.</summary>
    public int Height { get; init; } = 240;

    /// <summary>A line through points, which get marks where there are few of them.</summary>
    /// <param name="points">In the axes' units.</param>
    /// <param name="series">Its number, from 0: colour and dashes follow.</param>
    /// <param name="marked">Whether points may get marks.</param>
    public void Line(IEnumerable<(double X, double Y)> points, int series, bool marked = true)
    {
        (double X, double Y)[] places = [.. points.Select(point => (X(point.X), Y(point.Y)))];
        Append($"<polyline {SeriesLine(series)} points=\"{string.Join(' ', places.Select(place => $"{Number(place.X)},{Number(place.Y)}"))}\"/>");
        foreach ((double x, double y) in marked && places.Length <= MostMarks ? places : [])
        {
            Append($"<circle {Filled(series)} cx=\"{Number(x)}\" cy=\"{Number(y)}\" r=\"2.6\"/>");
        }
    }

    /// <summary>What an ideal would look like: a dashed line.</summary>
    /// <param name="from">In the axes' units.</param>
    /// <param name="to">In the axes' units.</param>
    public void Guide((double X, double Y) from, (double X, double Y) to) =>
        Append($"{Straight("guide", X(from.X), Y(from.Y), X(to.X), Y(to.Y), Dim)} stroke-dasharray=\"5 4\"/>");

    /// <summary>A bar from 0.</summary>
    /// <param name="from">Where it begins on the horizontal axis.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="height">In the vertical axis's unit.</param>
    /// <param name="words">What a pointer that rests on it says.</param>
    public void Bar(double from, double to, double height, string words) => Append(
        $"<rect class=\"bar\" fill=\"{s_colours[0]}\" x=\"{Number(X(from) + 1)}\" y=\"{Number(Y(height))}\" width=\"{Number(Math.Max(1, X(to) - X(from) - 2))}\" height=\"{Number(Y(0) - Y(height))}\">{Words(words)}</rect>");

    /// <summary>A point of a class; the classes differ by shapes, too.</summary>
    /// <param name="x">In the axis's unit.</param>
    /// <param name="y">In the axis's unit.</param>
    /// <param name="series">The class, from 0.</param>
    /// <param name="isHollow">Whether only its outline is drawn.</param>
    /// <param name="words">What a pointer that rests on it says.</param>
    public void Point(double x, double y, int series, bool isHollow, string words) => Append(
        $"<g class=\"point s{Style(series)}{(isHollow ? " hollow" : "")}\" stroke=\"{Colour(series)}\" fill=\"{(isHollow ? "white" : Colour(series))}\" transform=\"translate({Number(X(x))} {Number(Y(y))})\">{Shape(series)}{Words(words)}</g>");

    /// <summary>A series' name in the corner above, left of those that are there.</summary>
    /// <param name="name">A word.</param>
    /// <param name="series">Its number, from 0.</param>
    public void Name(string name, int series) => Append(Text(Width - Right - (NameWidth * _names++), 20, name, $"{Filled(series)} text-anchor=\"end\""));

    /// <summary>The chart as a document of its own, or as a part of a page.</summary>
    public string ToSvg() => ToSvg([this]);

    /// <summary>Charts below each other.</summary>
    /// <param name="charts">From above.</param>
    public static string ToSvg(IReadOnlyList<Chart> charts)
    {
        ArgumentNullException.ThrowIfNull(charts);
        int height = Math.Max(1, charts.Sum(chart => chart.Height));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" role=\"img\" ");
        svg.Append(CultureInfo.InvariantCulture, $"aria-label=\"{Escape(string.Join(", ", charts.Select(chart => chart.Title)))}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"ground\" width=\"{Width}\" height=\"{height}\" fill=\"white\"/>\n");
        int top = 0;
        foreach (Chart chart in charts)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate(0 {top})\">\n{chart.Frame()}{chart._marks}</g>\n");
            top += chart.Height;
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>A small picture of how a series is drawn, for a legend.</summary>
    /// <param name="series">Its number, from 0.</param>
    public static string Sample(int series) =>
        $"<svg viewBox=\"-12 -6 24 12\" aria-hidden=\"true\"><line {SeriesLine(series)} x1=\"-11\" x2=\"11\"/><g {Filled(series)}>{Shape(series)}</g></svg>";

    /// <summary>A line from floor to ceiling.</summary>
    internal void Mark(double x, int series) => Append($"<line {SeriesLine(series)} x1=\"{Number(X(x))}\" y1=\"{Top}\" x2=\"{Number(X(x))}\" y2=\"{Floor}\"/>");

    /// <summary>A grey dot, as background.</summary>
    internal void Dot(double x, double y) => Append($"<circle class=\"dot\" cx=\"{Number(X(x))}\" cy=\"{Number(Y(y))}\" r=\"1.8\" fill=\"#aaa\"/>");

    private string Title { get; } = title;

    private int Floor => Height - Bottom;

    private StringBuilder Frame()
    {
        var svg = new StringBuilder();
        svg.Append(Text(Left, 20, Title, "font-weight=\"bold\""));
        foreach (double tick in vertical.Ticks)
        {
            svg.Append(Straight("grid", Left, Y(tick), Width - Right, Y(tick), "#ddd")).Append("/>");
            svg.Append(Text(Left - 6, Y(tick) + 4, vertical.Label(tick), "text-anchor=\"end\""));
        }

        foreach (double tick in horizontal.Ticks)
        {
            svg.Append(Straight("axis", X(tick), Floor, X(tick), Floor + 4, Dim)).Append("/>");
            svg.Append(Text(X(tick), Floor + 17, horizontal.Label(tick), "text-anchor=\"middle\""));
        }

        svg.Append(Straight("axis", Left, Floor, Width - Right, Floor, Dim)).Append("/>");
        svg.Append(Text((Left + Width - Right) / 2.0, Floor + 33, horizontal.Title, "text-anchor=\"middle\""));
        return svg.Append(CultureInfo.InvariantCulture, $"<text transform=\"translate(14 {(Top + Floor) / 2}) rotate(-90)\" text-anchor=\"middle\">{Escape(vertical.Title)}</text>\n");
    }

    private double X(double value) => Left + (horizontal.Place(value) * (Width - Left - Right));

    private double Y(double value) => Floor - (vertical.Place(value) * (Floor - Top));

    private void Append(string markup) => _marks.Append(markup).Append('\n');

    // A page has as many colours of its own.
    private static int Style(int series) => series % s_colours.Length;

    private static string Colour(int series) => s_colours[Style(series)];

    private static string Filled(int series) => $"class=\"s{Style(series)}\" fill=\"{Colour(series)}\"";

    private static string SeriesLine(int series) =>
        $"class=\"series s{Style(series)}\" fill=\"none\" stroke=\"{Colour(series)}\" stroke-width=\"1.8\" stroke-linejoin=\"round\"{(Style(series) < s_colours.Length / 2 ? "" : " stroke-dasharray=\"7 3\"")}";

    private static string Straight(string kind, double x1, double y1, double x2, double y2, string colour) =>
        $"<line class=\"{kind}\" x1=\"{Number(x1)}\" y1=\"{Number(y1)}\" x2=\"{Number(x2)}\" y2=\"{Number(y2)}\" stroke=\"{colour}\"";

    private static string Text(double x, double y, string text, string attributes) => $"<text x=\"{Number(x)}\" y=\"{Number(y)}\" {attributes}>{Escape(text)}</text>\n";

    private static string Words(string text) => $"<title>{Escape(text)}</title>";

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

    private static string Escape(string text) => SecurityElement.Escape(text);
}
