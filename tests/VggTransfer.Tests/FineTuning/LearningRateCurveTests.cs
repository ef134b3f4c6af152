using System.Globalization;
using System.Xml.Linq;
using VggTransfer.FineTuning;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.FineTuning;

public sealed class LearningRateCurveTests
{
    /// <summary>The oracle is fastai's description of its suggestions, computed in Python.</summary>
    [Fact]
    public void Suggestions_are_those_of_fastai()
    {
        LearningRateCurve curve = Falling();
        Assert.Equal(0.001995262314968879, curve.Suggestion, 1e-9);
        Assert.Equal(0.01584893192461114, curve.Steepest, 1e-9);
        Assert.Equal(0.005011872336272725, curve.TenthOfLowest, 1e-9);
    }

    [Fact]
    public void A_few_points_suggest_something_too()
    {
        var one = new LearningRateCurve([new LearningRatePoint(0.25, 1, 1)]);
        Assert.Equal((0.25, 0.25, 0.025), (one.Suggestion, one.Steepest, one.TenthOfLowest));
        var rising = new LearningRateCurve([new LearningRatePoint(0.1, 1, 1), new LearningRatePoint(0.2, 2, 2), new LearningRatePoint(0.4, 9, 9)]);
        Assert.Equal(0.1, rising.Suggestion);
        Assert.NotEmpty(XElement.Parse(one.ToSvg()).Descendants());
    }

    [Fact]
    public void The_picture_shows_each_smoothed_loss_and_the_suggestion()
    {
        using var folder = new TemporaryFolder();
        LearningRateCurve curve = Falling();
        curve.Save(folder.File("curve.svg"));
        var svg = XElement.Load(folder.File("curve.svg"));
        string[] places = [.. svg.Descendants().Single(element => element.Name.LocalName == "polyline").Attribute("points")!.Value.Split(' ')];
        Assert.Equal(curve.Points.Count, places.Length);
        double mark = svg.Descendants().Where(element => element.Name.LocalName == "line").Where(line => (string?)line.Attribute("x1") == (string?)line.Attribute("x2"))
            .Select(line => Number((string)line.Attribute("x1")!)).Single(x => Math.Abs(x - PlaceOf(curve.Suggestion)) < 0.02);
        Assert.True(mark > 70);
        Assert.Contains("suggestion", svg.Value, StringComparison.Ordinal);

        double PlaceOf(double rate)
        {
            int i = curve.Points.ToList().FindIndex(point => point.Rate == rate);
            return Number(places[i].Split(',')[0]);
        }
    }

    [Fact]
    public void The_table_has_a_line_for_each_rate_to_the_last_digit()
    {
        using var folder = new TemporaryFolder();
        LearningRateCurve curve = Falling();
        curve.WriteCsv(folder.File("curve.csv"));
        string[] lines = File.ReadAllLines(folder.File("curve.csv"));
        Assert.Equal("learning_rate,loss,smoothed_loss", lines[0]);
        Assert.Equal(curve.Points, lines.Skip(1).Select(line => line.Split(',').Select(Number).ToArray()).Select(numbers => new LearningRatePoint(numbers[0], numbers[1], numbers[2])));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    // Two slopes, the second one short and steep, on ripples; then the loss breaks away.
    private static LearningRateCurve Falling() => new(
    [
        .. Enumerable.Range(0, 50).Select(i =>
        {
            double loss = 3 + (0.1 * Math.Sin(1.3 * i)) - (2 / (1 + Math.Exp(-(i - 20) / 4.0))) - (0.8 / (1 + Math.Exp(-(i - 33) / 0.5))) + (i > 38 ? 0.02 * Math.Pow(i - 38, 3) : 0);
            return new LearningRatePoint(Math.Pow(10, -5 + (i / 10.0)), loss * 1.1, loss);
        }),
    ]);
}
