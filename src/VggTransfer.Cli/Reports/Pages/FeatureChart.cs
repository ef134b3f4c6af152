using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>Images as marks in a plane; no axes, as the directions mean nothing.</summary>
internal sealed class FeatureChart(ClassificationFindings findings, IReadOnlyList<(double X, double Y)> places)
{
    public HtmlFragment Render()
    {
        IReadOnlyList<string> labels = findings.Metrics.Labels;
        var chart = new Chart("Map of the features", Keras.Plots.Axis.Span(places.Min(place => place.X), places.Max(place => place.X)), Keras.Plots.Axis.Span(places.Min(place => place.Y), places.Max(place => place.Y)), "", "");
        foreach (((int image, _), (double x, double y)) in findings.Features.Zip(places))
        {
            LabeledPrediction judged = findings.Images[image];
            chart.Point(x, y, judged.Class, judged.IsRight, $"{Path.GetFileName(judged.Path)}: {labels[judged.Class]}{(judged.IsRight ? "" : $", taken for {labels[judged.Predicted]}")}");
        }

        return chart.Render(labels);
    }
}
