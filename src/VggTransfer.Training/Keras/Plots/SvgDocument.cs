using System.Globalization;
using System.Security;
using System.Text;

namespace VggTransfer.Keras.Plots;

/// <summary>Panels below each other as an SVG 1.1 document, with the reader's own fonts.</summary>
internal static class SvgDocument
{
    private const int Width = 720;
    private const int PanelHeight = 240;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 34;
    private const int Bottom = 40;

    // Above this many, markers would run into each other.
    private const int MostMarkers = 60;

    private const string TrainingColour = "#1f77b4";
    private const string ValidationColour = "#d62728";

    public static string Draw(IReadOnlyList<CurvePanel> panels)
    {
        int height = Math.Max(1, panels.Count) * PanelHeight;
        StringBuilder svg = Begin(height);

        // All panels share their epochs, so that what lies below each other belongs together.
        int[] epochs = [.. panels.SelectMany(panel => panel.Points).Select(point => point.Epoch)];
        if (epochs.Length > 0)
        {
            Axis horizontal = Axis.Whole(epochs.Min() + 1, epochs.Max() + 1);
            foreach ((int i, CurvePanel panel) in panels.Index())
            {
                DrawPanel(svg, panel, horizontal, i * PanelHeight);
            }
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>The losses of a search for a learning rate: the smoothed ones on the single ones, and a mark at the suggestion.</summary>
    public static string Draw(RatePanel panel)
    {
        StringBuilder svg = Begin(PanelHeight);
        Axis horizontal = Axis.Logarithmic([.. panel.Smoothed.Select(point => point.Rate)]);

        // Where training breaks away, single losses would press everything else to the floor.
        double ceiling = panel.Smoothed.Max(point => point.Value) + (panel.Smoothed.Max(point => point.Value) - panel.Smoothed.Min(point => point.Value));
        (double Rate, double Value)[] single = [.. panel.Losses.Where(point => point.Value <= ceiling)];
        Axis vertical = Axis.Linear([.. panel.Smoothed.Concat(single).Select(point => point.Value)]);
        (Func<double, double> x, Func<double, double> y) = DrawAxes(svg, panel.Title, horizontal, vertical, "learning rate", tick => tick.ToString("0.##e0", CultureInfo.InvariantCulture), offset: 0);

        foreach ((double rate, double value) in single)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{x(rate):0.##}\" cy=\"{y(value):0.##}\" r=\"1.8\" fill=\"#aaa\"/>\n");
        }

        DrawLine(svg, [.. panel.Smoothed.Select(point => (x(point.Rate), y(point.Value)))], TrainingColour);
        Line(svg, x(panel.Suggestion), Top, x(panel.Suggestion), PanelHeight - Bottom, ValidationColour);
        Text(svg, Width - Right, 20, $"suggestion {panel.Suggestion.ToString("0.0e0", CultureInfo.InvariantCulture)}", $"text-anchor=\"end\" fill=\"{ValidationColour}\"");
        return svg.Append("</svg>\n").ToString();
    }

    private static StringBuilder Begin(int height)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"white\"/>\n");
        return svg;
    }

    private static void DrawPanel(StringBuilder svg, CurvePanel panel, Axis horizontal, int offset)
    {
        double[] values = [.. panel.Points.Select(point => point.Value)];
        bool logarithmic = panel.IsLogarithmic && values.Min() > 0 && values.Max() / values.Min() >= 10;
        Axis vertical = logarithmic ? Axis.Logarithmic(values) : Axis.Linear(values);
        (Func<double, double> x, Func<double, double> y) = DrawAxes(svg, panel.Title, horizontal, vertical, "epoch", tick => tick.ToString(CultureInfo.InvariantCulture), offset);
        double legend = Width - Right;
        if (panel.Validation is { } validation)
        {
            DrawCurve(svg, validation, ValidationColour, x, y);
            Text(svg, legend, offset + 20, "validation", $"text-anchor=\"end\" fill=\"{ValidationColour}\"");
            legend -= 75;
        }

        if (panel.Training is { } training)
        {
            DrawCurve(svg, training, TrainingColour, x, y);
            if (panel.Validation is not null)
            {
                Text(svg, legend, offset + 20, "training", $"text-anchor=\"end\" fill=\"{TrainingColour}\"");
            }
        }
    }

    /// <summary>The title, the axes and their labels; gives the places of values.</summary>
    private static (Func<double, double> X, Func<double, double> Y) DrawAxes(
        StringBuilder svg, string title, Axis horizontal, Axis vertical, string horizontalTitle, Func<double, string> horizontalLabel, int offset)
    {
        double X(double value) => Left + (horizontal.Place(value) * (Width - Left - Right));
        double Y(double value) => offset + PanelHeight - Bottom - (vertical.Place(value) * (PanelHeight - Top - Bottom));

        Text(svg, Left, offset + 20, title, "font-weight=\"bold\"");
        foreach (double tick in vertical.Ticks)
        {
            Line(svg, Left, Y(tick), Width - Right, Y(tick), "#ddd");
            Text(svg, Left - 6, Y(tick) + 4, Label(tick), "text-anchor=\"end\"");
        }

        double floor = offset + PanelHeight - Bottom;
        foreach (double tick in horizontal.Ticks)
        {
            Line(svg, X(tick), floor, X(tick), floor + 4, "#999");
            Text(svg, X(tick), floor + 17, horizontalLabel(tick), "text-anchor=\"middle\"");
        }

        Line(svg, Left, floor, Width - Right, floor, "#999");
        Text(svg, (Left + Width - Right) / 2.0, floor + 33, horizontalTitle, "text-anchor=\"middle\"");
        return (X, Y);
    }

    private static void DrawCurve(StringBuilder svg, Curve curve, string colour, Func<double, double> x, Func<double, double> y)
    {
        (double X, double Y)[] places = [.. curve.Points.Select(point => (x(point.Epoch + 1), y(point.Value)))];
        DrawLine(svg, places, colour);
        foreach ((double placeX, double placeY) in places.Length <= MostMarkers ? places : [])
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{placeX:0.##}\" cy=\"{placeY:0.##}\" r=\"2.6\" fill=\"{colour}\"/>\n");
        }
    }

    private static void DrawLine(StringBuilder svg, IReadOnlyList<(double X, double Y)> places, string colour)
    {
        string points = string.Join(' ', places.Select(place => string.Create(CultureInfo.InvariantCulture, $"{place.X:0.##},{place.Y:0.##}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" stroke-linejoin=\"round\"/>\n");
    }

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2, string colour) =>
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{colour}\"/>\n");

    // "0.0000001" would neither fit beside the axis nor be read.
    private static string Label(double tick) =>
        tick.ToString(tick == 0 || Math.Abs(tick) is >= 1e-4 and < 1e7 ? "0.####" : "0.##e0", CultureInfo.InvariantCulture);

    private static void Text(StringBuilder svg, double x, double y, string text, string attributes) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" {attributes}>{SecurityElement.Escape(text)}</text>\n");
}
