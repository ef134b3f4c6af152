using VggTransfer.Classification;
using VggTransfer.Keras.Plots;

namespace VggTransfer.Cli;

/// <summary>Images as marks in a plane; no axes, as the directions mean nothing.</summary>
internal sealed class FeatureChart(ClassificationFindings findings, IReadOnlyList<(double X, double Y)> places)
{
    private const int Height = 440;

    public HtmlFragment Render()
    {
        IReadOnlyList<string> labels = findings.Metrics.Labels;
        var chart = new Chart("Map of the features", Axis.Bare([.. places.Select(place => place.X)]), Axis.Bare([.. places.Select(place => place.Y)])) { Height = Height };
        foreach (((int image, _), (double x, double y)) in findings.Features.Zip(places))
        {
            LabeledPrediction judged = findings.Images[image];
            chart.Point(x, y, judged.Class, !judged.IsRight, $"{Path.GetFileName(judged.Path)}: {labels[judged.Class]}{(judged.IsRight ? "" : $", taken for {labels[judged.Predicted]}")}");
        }

        return ChartFigure.Of(chart, labels);
    }
}
