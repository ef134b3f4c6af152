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
        var svg = new StringBuilder();
        int height = Math.Max(1, panels.Count) * PanelHeight;
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{height}\" viewBox=\"0 0 {Width} {height}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#333\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"white\"/>\n");

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

    private static void DrawPanel(StringBuilder svg, CurvePanel panel, Axis horizontal, int offset)
    {
        double[] values = [.. panel.Points.Select(point => point.Value)];
        bool logarithmic = panel.IsLogarithmic && values.Min() > 0 && values.Max() / values.Min() >= 10;
        Axis vertical = logarithmic ? Axis.Logarithmic(values) : Axis.Linear(values);
        double X(double epoch) => Left + (horizontal.Place(epoch) * (Width - Left - Right));
        double Y(double value) => offset + PanelHeight - Bottom - (vertical.Place(value) * (PanelHeight - Top - Bottom));

        Text(svg, Left, offset + 20, panel.Title, "font-weight=\"bold\"");
        foreach (double tick in vertical.Ticks)
        {
            Line(svg, Left, Y(tick), Width - Right, Y(tick), "#ddd");
            Text(svg, Left - 6, Y(tick) + 4, tick.ToString("0.#######", CultureInfo.InvariantCulture) is { Length: <= 9 } text && (text != "0" || tick == 0) ? text : tick.ToString("0.##e0", CultureInfo.InvariantCulture), "text-anchor=\"end\"");
        }

        double floor = offset + PanelHeight - Bottom;
        foreach (double tick in horizontal.Ticks)
        {
            Line(svg, X(tick), floor, X(tick), floor + 4, "#999");
            Text(svg, X(tick), floor + 17, tick.ToString(CultureInfo.InvariantCulture), "text-anchor=\"middle\"");
        }

        Line(svg, Left, floor, Width - Right, floor, "#999");
        Text(svg, (Left + Width - Right) / 2.0, floor + 33, "epoch", "text-anchor=\"middle\"");
        double legend = Width - Right;
        if (panel.Validation is { } validation)
        {
            DrawCurve(svg, validation, ValidationColour, X, Y);
            Text(svg, legend, offset + 20, "validation", $"text-anchor=\"end\" fill=\"{ValidationColour}\"");
            legend -= 75;
        }

        if (panel.Training is { } training)
        {
            DrawCurve(svg, training, TrainingColour, X, Y);
            if (panel.Validation is not null)
            {
                Text(svg, legend, offset + 20, "training", $"text-anchor=\"end\" fill=\"{TrainingColour}\"");
            }
        }
    }

    private static void DrawCurve(StringBuilder svg, Curve curve, string colour, Func<double, double> x, Func<double, double> y)
    {
        (double X, double Y)[] places = [.. curve.Points.Select(point => (x(point.Epoch + 1), y(point.Value)))];
        string points = string.Join(' ', places.Select(place => string.Create(CultureInfo.InvariantCulture, $"{place.X:0.##},{place.Y:0.##}")));
        svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" stroke-linejoin=\"round\"/>\n");
        foreach ((double placeX, double placeY) in places.Length <= MostMarkers ? places : [])
        {
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{placeX:0.##}\" cy=\"{placeY:0.##}\" r=\"2.6\" fill=\"{colour}\"/>\n");
        }
    }

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2, string colour) =>
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" stroke=\"{colour}\"/>\n");

    private static void Text(StringBuilder svg, double x, double y, string text, string attributes) =>
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" {attributes}>{SecurityElement.Escape(text)}</text>\n");
}
