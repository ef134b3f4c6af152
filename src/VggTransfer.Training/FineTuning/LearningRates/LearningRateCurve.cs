using System.Globalization;
using System.Text;
using VggTransfer.Files;
using VggTransfer.Keras.Plots;

namespace VggTransfer.FineTuning;

/// <summary>The losses that growing learning rates led to, and the rates that they suggest.</summary>
public sealed class LearningRateCurve
{
    private readonly LearningRatePoint[] _points;

    internal LearningRateCurve(IReadOnlyList<LearningRatePoint> points)
    {
        _points = [.. points];

        // fastai leaves out the first tenth, in which the average settles, and the last five, in which the loss breaks away.
        LearningRatePoint[] kept = _points.Length >= 20 ? _points[(_points.Length / 10)..^5] : _points;
        Suggestion = kept[MiddleOfLongestFall(kept)].Rate;
        Steepest = kept[SteepestFall(kept)].Rate;
        TenthOfLowest = kept.MinBy(point => point.SmoothedLoss).Rate / 10;
    }

    /// <summary>The points, by ascending rate; fewer than were asked for where the loss diverged.</summary>
    public IReadOnlyList<LearningRatePoint> Points => _points;

    /// <summary>
    /// A largest rate for a schedule, or a fixed rate: the middle of the longest stretch over which the smoothed loss falls, which is
    /// the end of the longest falling subsequence reached back by its length (fastai's <c>valley</c>).
    /// </summary>
    public double Suggestion { get; }

    /// <summary>The rate at which the smoothed loss falls fastest over the logarithm of the rate (fastai's <c>steep</c>).</summary>
    public double Steepest { get; }

    /// <summary>A tenth of the rate with the least smoothed loss (fastai's <c>minimum</c>).</summary>
    public double TenthOfLowest { get; }

    /// <summary>
    /// Writes the curve as SVG, which browsers and editors show: the loss over the rate, and the suggestion. The file appears
    /// whole or not at all.
    /// </summary>
    /// <param name="path">The file, by custom an .svg.</param>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public void Save(string path)
    {
        byte[] content = Encoding.UTF8.GetBytes(ToSvg());
        AtomicFile.Write(path, stream => stream.Write(content));
    }

    /// <summary>Writes the points as CSV: <c>learning_rate,loss,smoothed_loss</c>. The file appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public void WriteCsv(string path)
    {
        var lines = new StringBuilder("learning_rate,loss,smoothed_loss\n");
        foreach (LearningRatePoint point in _points)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{point.Rate:R},{point.Loss:R},{point.SmoothedLoss:R}\n");
        }

        byte[] content = Encoding.UTF8.GetBytes(lines.ToString());
        AtomicFile.Write(path, stream => stream.Write(content));
    }

    internal string ToSvg()
    {
        // Where training breaks away, single losses would press everything else to the floor.
        double lowest = _points.Min(point => point.SmoothedLoss), highest = _points.Max(point => point.SmoothedLoss);
        LearningRatePoint[] single = [.. _points.Where(point => point.Loss <= (2 * highest) - lowest)];
        var chart = new Chart(
            "loss over learning rate",
            Axis.Logarithmic([.. _points.Select(point => point.Rate)], "learning rate"),
            Axis.Linear([lowest, highest, .. single.Select(point => point.Loss)]));
        foreach (LearningRatePoint point in single)
        {
            chart.Dot(point.Rate, point.Loss);
        }

        chart.Line(_points.Select(point => (point.Rate, point.SmoothedLoss)), 0, marked: false);
        chart.Mark(Suggestion, 1);
        chart.Name($"suggestion {Suggestion.ToString("0.0e0", CultureInfo.InvariantCulture)}", 1);
        return chart.ToSvg();
    }

    private static int MiddleOfLongestFall(LearningRatePoint[] points)
    {
        // The length of the longest falling subsequence that ends at each point.
        int[] lengths = new int[points.Length];
        int end = 0;
        for (int i = 0; i < points.Length; i++)
        {
            lengths[i] = 1 + Enumerable.Range(0, i).Where(j => points[i].SmoothedLoss < points[j].SmoothedLoss).Select(j => lengths[j]).DefaultIfEmpty(0).Max();
            end = lengths[i] > lengths[end] ? i : end;
        }

        // A third into it, and half of a third more, rounded as fastai rounds.
        int start = Math.Max(0, end - lengths[end]);
        double third = (end - start) / 3.0;
        return start + (int)third + (int)(third / 2);
    }

    private static int SteepestFall(LearningRatePoint[] points)
    {
        double Slope(int i) => (points[i + 1].SmoothedLoss - points[i].SmoothedLoss) / Math.Log(points[i + 1].Rate / points[i].Rate);
        return Enumerable.Range(0, Math.Max(0, points.Length - 1)).OrderBy(Slope).FirstOrDefault();
    }
}
