namespace VggTransfer.Cli;

/// <summary>Precision by recall of one class against the others, as scikit-learn's <c>precision_recall_curve</c> has it.</summary>
/// <param name="Label">The class.</param>
/// <param name="Points">From the highest threshold to the lowest; each threshold once.</param>
internal sealed record PrecisionRecallCurve(string Label, IReadOnlyList<(double Recall, double Precision)> Points)
{
    private const int MostPoints = 200;

    /// <summary>The sum of precisions, each by the recall that its threshold adds; scikit-learn's <c>average_precision_score</c>.</summary>
    public double AveragePrecision
    {
        get
        {
            double sum = 0;
            double before = 0;
            foreach ((double recall, double precision) in Points)
            {
                sum += (recall - before) * precision;
                before = recall;
            }

            return sum;
        }
    }

    /// <param name="label">The class.</param>
    /// <param name="scored">For each image how probable the class is, and whether it is the true one; at least one is.</param>
    public static PrecisionRecallCurve Of(string label, IReadOnlyList<(float Probability, bool IsTrue)> scored)
    {
        int positives = scored.Count(item => item.IsTrue);
        var points = new List<(double, double)>();
        (int hits, int called) = (0, 0);
        foreach (IGrouping<float, (float Probability, bool IsTrue)> tie in scored.GroupBy(item => item.Probability).OrderByDescending(group => group.Key))
        {
            hits += tie.Count(item => item.IsTrue);
            called += tie.Count();
            points.Add(((double)hits / positives, (double)hits / called));
            if (hits == positives)
            {
                break;
            }
        }

        return new PrecisionRecallCurve(label, points);
    }

    /// <summary>The best precision with which at least that recall is reached.</summary>
    public double PrecisionAt(double recall) => Points.Where(point => point.Recall >= recall - 1e-12).Max(point => point.Precision);

    /// <summary>As many points as a chart can show, the last one among them.</summary>
    public IEnumerable<(double Recall, double Precision)> Thinned()
    {
        int step = Math.Max(1, Points.Count / MostPoints);
        return Points.Where((_, i) => i % step == 0 || i == Points.Count - 1);
    }
}
