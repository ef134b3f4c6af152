using System.Globalization;
using VggTransfer.Classification;
using VggTransfer.Keras.Plots;

namespace VggTransfer.Cli;

/// <summary>Precision and recall, calibration, accuracy by the number of training images; each with its numbers as a table.</summary>
internal sealed class CurvesSection(ClassificationFindings findings)
{
    /// <summary>Above this many classes, one curve for all.</summary>
    private const int MostSeries = 10;

    // Both axes go from 0 to 1.
    private const int SquareHeight = 440;

    private static readonly double[] s_recalls = [0.5, 0.7, 0.8, 0.9, 0.95];

    private ClassificationMetrics Metrics => findings.Metrics;

    public void AddTo(HtmlPage page)
    {
        AddLearningCurve(page);
        AddCalibration(page);
        AddPrecisionRecall(page);
        if (findings.TrainingCurves is { } curves)
        {
            page.Section("Course of the training");
            page.Add(ChartFigure.Of(curves));
        }
    }

    private void AddLearningCurve(HtmlPage page)
    {
        IReadOnlyList<(int Images, double Accuracy)> curve = findings.LearningCurve;
        if (curve.Count < 2)
        {
            return;
        }

        page.Section("Would more pictures help?");
        double gain = curve[^1].Accuracy - curve[^2].Accuracy;
        double growth = (double)curve[^1].Images / curve[^2].Images;
        string advice = gain > 2 * StandardError(curve[^1].Accuracy) ? "The curve still rises clearly: more pictures will help."
            : gain > 0 ? "The curve rises by less than chance could do: more pictures may help a little; other pictures, a larger input or fine-tuning may help more."
            : "The curve is flat: more pictures of the same kind won't help; a larger input or fine-tuning may.";
        page.Paragraph(string.Create(CultureInfo.InvariantCulture, $"From {curve[^2].Images} to {curve[^1].Images} training images ({growth:0.#} times as many) the accuracy changed by {100 * gain:+0.0;-0.0;0.0} points. {advice}"));
        var chart = new Chart("Accuracy by the number of training images", Axis.Linear([0, .. curve.Select(point => (double)point.Images)], "training images"), Axis.Linear([.. curve.Select(point => point.Accuracy)], "accuracy", Percent));
        chart.Line(curve.Select(point => ((double)point.Images, point.Accuracy)), 0);
        page.Add(ChartFigure.Of(chart));
        page.Table("Accuracy by the number of training images", ["Training images", "#Accuracy"], curve.Select(point => (IReadOnlyList<HtmlFragment>)[point.Images.ToString(CultureInfo.InvariantCulture), ClassificationPage.Percent(point.Accuracy)]));
    }

    private static Axis Shares(string title) => Axis.Linear([0, 1], title, Percent);

    private static string Percent(double value) => value.ToString("0 %", CultureInfo.InvariantCulture);

    private double StandardError(double accuracy) => Math.Sqrt(accuracy * (1 - accuracy) / Metrics.Count);

    private void AddCalibration(HtmlPage page)
    {
        page.Section("Do the probabilities keep their word?");
        page.Paragraph($"Of predictions made with 80 % a good classifier gets 80 % right. Bars below the dashed line: too sure of itself; above it: too modest. The mean distance, the expected calibration error, is {ClassificationPage.Percent(Metrics.CalibrationError)}.");
        var chart = new Chart("Reliability diagram", Shares("probability of the predicted class"), Shares("share that is right")) { Height = SquareHeight };
        foreach (ReliabilityBin bin in Metrics.Reliability.Where(bin => bin.Count > 0))
        {
            chart.Bar(bin.Low, bin.High, bin.Accuracy, $"{bin.Count} images: said {ClassificationPage.Percent(bin.Confidence)}, right {ClassificationPage.Percent(bin.Accuracy)}");
        }

        chart.Guide((0, 0), (1, 1));
        page.Add(ChartFigure.Of(chart));
        page.Table("Reliability", ["Probability", "#Images", "#Said, on average", "#Right"], Metrics.Reliability.Where(bin => bin.Count > 0).Select(bin => (IReadOnlyList<HtmlFragment>)
        [
            $"{Percent(bin.Low)} to {Percent(bin.High)}", bin.Count.ToString(CultureInfo.InvariantCulture), ClassificationPage.Percent(bin.Confidence), ClassificationPage.Percent(bin.Accuracy),
        ]));
    }

    private void AddPrecisionRecall(HtmlPage page)
    {
        page.Section("Precision and recall");
        page.Paragraph("If only predictions above some probability were trusted: what share of a class's images is found (recall), and what share of what is called by its name belongs to it (precision).");
        PrecisionRecallCurve[] curves = [.. Enumerable.Range(0, Metrics.Labels.Count)
            .Where(label => Metrics.PerClass[label].Support > 0)
            .Select(label => PrecisionRecallCurve.Of(Metrics.Labels[label], [.. findings.Images.Select(image => (image.Probabilities[label], image.Class == label))]))];
        PrecisionRecallCurve all = PrecisionRecallCurve.Of("all classes together", [.. findings.Images.SelectMany(image => image.Probabilities.Select((probability, label) => (probability, image.Class == label)))]);
        PrecisionRecallCurve[] drawn = curves.Length <= MostSeries ? curves : [all];
        var chart = new Chart("Precision by recall", Shares("recall"), Shares("precision")) { Height = SquareHeight };
        foreach ((int i, PrecisionRecallCurve curve) in drawn.Index())
        {
            chart.Line(curve.Thinned(), i, marked: false);
        }

        page.Add(ChartFigure.Of(chart, [.. drawn.Select(curve => curve.Label)]));
        page.Table("Precision at some recalls", ["Class", "#Average precision", .. s_recalls.Select(recall => $"#at {Percent(recall)}")], curves.Append(all).Select(curve => (IReadOnlyList<HtmlFragment>)
        [
            curve.Label, curve.AveragePrecision.ToString("0.000", CultureInfo.InvariantCulture), .. s_recalls.Select(recall => (HtmlFragment)ClassificationPage.Percent(curve.PrecisionAt(recall))),
        ]));
    }
}
