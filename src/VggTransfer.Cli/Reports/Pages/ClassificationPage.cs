using System.Globalization;
using VggTransfer.Classification;
using VggTransfer.Explanations;

namespace VggTransfer.Cli;

/// <summary>What a classifier is worth, as a page: for those who must decide whether to trust it.</summary>
internal sealed class ClassificationPage(ClassificationFindings findings)
{
    /// <summary>Pictures with heat maps in a gallery.</summary>
    private const int Explained = 12;

    private ClassificationMetrics Metrics => findings.Metrics;

    public void Write(string path, string title, CancellationToken cancellationToken)
    {
        var page = new HtmlPage(title);
        AddResult(page);
        new ConfusionSection(findings).AddTo(page);
        AddClasses(page);
        new CurvesSection(findings).AddTo(page);
        AddPictures(page, cancellationToken);
        AddMap(page, cancellationToken);
        AddFacts(page);
        page.Write(path, findings.Summary, $"Made by VggTransfer {Tool.Version}. Command: {findings.Command}");
    }

    public static string Percent(double value) => value.ToString("0.0 %", CultureInfo.InvariantCulture);

    private void AddResult(HtmlPage page)
    {
        page.Section("Result");
        int majority = Metrics.PerClass.Max(item => item.Support);
        List<IReadOnlyList<HtmlFragment>> rows =
        [
            ["This classifier (top-1)", Percent(Metrics.Accuracy), $"{Percent(Metrics.AccuracyInterval.Low)} to {Percent(Metrics.AccuracyInterval.High)}", "share of the judged images whose most probable class is the true one"],
        ];
        if (findings.RawPixelAccuracy is { } raw)
        {
            rows.Add(["The same head on raw pixels", Percent(raw), Interval(raw), "what the network's features add is the difference"]);
        }

        rows.Add(["Always the most frequent class", Percent((double)majority / Metrics.Count), Interval((double)majority / Metrics.Count), "what guessing would give"]);
        page.Table($"Accuracy on {Metrics.Count} images, with its 95 % interval (Wilson)", ["", "#Accuracy", "#Interval", "~Meaning"], rows);

        rows = [.. Metrics.TopKAccuracy.Index().Skip(1).Select(item => (IReadOnlyList<HtmlFragment>)[$"Top-{item.Index + 1} accuracy", Percent(item.Item), "the true class is among the most probable"])];
        rows.Add(["Macro accuracy", Percent(Metrics.MacroAccuracy), "mean of the classes' recalls: each class counts the same"]);
        rows.Add(["Log-loss", Metrics.LogLoss.ToString("0.0000", CultureInfo.InvariantCulture), "0 is perfect"]);
        rows.Add(["Calibration error", Percent(Metrics.CalibrationError), "how far probabilities are from the share that is right, on average"]);
        page.Table("Other figures", ["", "#Value", "~Meaning"], rows);
        foreach (string warning in findings.Warnings)
        {
            page.Paragraph(warning);
        }
    }

    private string Interval(double share)
    {
        var interval = Classification.ConfidenceInterval.Wilson((int)Math.Round(share * Metrics.Count), Metrics.Count);
        return $"{Percent(interval.Low)} to {Percent(interval.High)}";
    }

    private void AddClasses(HtmlPage page)
    {
        page.Section("Classes");
        page.Table(
            "How well each class is told from the others",
            ["Class", "#Images", "#Precision", "#Recall", "#F1", "Most often taken for"],
            Metrics.PerClass.Index().Select(item => (IReadOnlyList<HtmlFragment>)
            [
                item.Item.Label,
                item.Item.Support.ToString(CultureInfo.InvariantCulture),
                Percent(item.Item.Precision),
                Percent(item.Item.Recall),
                item.Item.F1.ToString("0.000", CultureInfo.InvariantCulture),
                TakenFor(item.Index),
            ]));
    }

    private string TakenFor(int label)
    {
        (int Index, int Item) most = Metrics.ConfusionMatrix[label].Index().Where(cell => cell.Index != label).MaxBy(cell => cell.Item);
        return most.Item == 0 ? "nothing" : $"{Metrics.Labels[most.Index]} ({most.Item})";
    }

    private void AddPictures(HtmlPage page, CancellationToken cancellationToken)
    {
        LabeledPrediction[] mistakes = [.. findings.Images.Where(image => !image.IsRight).OrderByDescending(image => image.Confidence).Take(Explained)];
        LabeledPrediction[] unsure = [.. findings.Images.Where(image => image.IsRight).OrderBy(image => image.Confidence).Take(Explained)];
        using GradCam? gradCam = TryLoad(page);
        AddExplained(page, "The most confident mistakes", "Bright is what speaks for the class that was predicted. A wrong label in the folder looks like this, too.", mistakes, gradCam, cancellationToken);
        AddExplained(page, "The least sure hits", "Right, but not by much: pictures like these are worth adding.", unsure, gradCam, cancellationToken);
    }

    private GradCam? TryLoad(HtmlPage page)
    {
        try
        {
            return GradCam.Load(findings.Model);
        }
        catch (NotSupportedException e)
        {
            page.Paragraph(e.Message);
            return null;
        }
    }

    private void AddExplained(HtmlPage page, string heading, string words, LabeledPrediction[] images, GradCam? gradCam, CancellationToken cancellationToken)
    {
        page.Section(heading);
        if (images.Length == 0)
        {
            page.Paragraph("There are none.");
            return;
        }

        page.Paragraph(words);
        page.Gallery(images.Select(image =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            string predicted = Metrics.Labels[image.Predicted];
            string caption = $"{Path.GetFileName(image.Path)}: {predicted} {Percent(image.Confidence)}{(image.IsRight ? "" : $", in truth {Metrics.Labels[image.Class]} {Percent(image.Probabilities[image.Class])}")}";
            HtmlFragment picture = Thumbnail(image.Path);
            return HtmlFragment.Figure(gradCam is null ? picture : HtmlFragment.Join(picture, HtmlFragment.Image(ThumbnailImage.Encode(gradCam.Explain(image.Path, predicted).Overlay()), $"What speaks for {predicted}")), caption);
        }));
    }

    public static HtmlFragment Thumbnail(string path) => ThumbnailImage.TryCreate(path) is { } uri ? HtmlFragment.Image(uri, Path.GetFileName(path)) : "(can't be read any more)";

    private void AddMap(HtmlPage page, CancellationToken cancellationToken)
    {
        if (findings.Features.Count < 3)
        {
            return;
        }

        page.Section("Map of the features");
        page.Paragraph("Each mark is an image, near those that the network finds alike (t-SNE). Hollow marks are mistakes. Islands of one class are easy; where classes mix, pictures are alike to the network.");
        (double X, double Y)[] places = FeatureMap.Place([.. findings.Features.Select(item => item.Features)], seed: 1, cancellationToken);
        page.Add(new FeatureChart(findings, places).Render());
    }

    private void AddFacts(HtmlPage page)
    {
        page.Section("How it was made");
        page.Table("Model and run", ["", "~Value"], findings.Facts.Select(fact => (IReadOnlyList<HtmlFragment>)[fact.Name, PrintableText.Of(fact.Value)]));
        page.Paragraph($"To do it again: {findings.Command}");
    }
}
