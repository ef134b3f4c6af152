namespace VggTransfer.DataQuality.Labels;

/// <summary>An image whose label is probably wrong.</summary>
/// <param name="Place">The image's place.</param>
/// <param name="Suggested">The index of the class that it seems to be.</param>
/// <param name="Own">Probability of its own label by a head that hasn't seen it, 0 to 1.</param>
/// <param name="Other">Probability of the suggested class, 0 to 1.</param>
internal readonly record struct LabelIssue(int Place, int Suggested, float Own, float Other)
{
    /// <summary>How much more probable the suggested class is, -1 to 1.</summary>
    public float Margin => Other - Own;
}

/// <summary>
/// Finds wrong labels by what a head says of images that it hasn't seen: confident learning (Northcutt, Jiang and Chuang, 2021).
/// A class's threshold is the mean probability that its own images get; an image counts as another class where it reaches that
/// class's threshold. So a class that the head is never sure of isn't held to the standard of one that it always knows.
/// </summary>
internal static class ConfidentLearning
{
    /// <summary>The images whose labels are probably wrong, the surest first.</summary>
    /// <param name="labels">For each image the index of its class.</param>
    /// <param name="probabilities">For each image the probabilities of all classes, from a head that hasn't seen it.</param>
    public static IReadOnlyList<LabelIssue> Find(IReadOnlyList<int> labels, IReadOnlyList<float[]> probabilities)
    {
        if (labels.Count == 0)
        {
            return [];
        }

        double[] thresholds = Thresholds(labels, probabilities);
        int[] confident = [.. probabilities.Select(row => ConfidentClass(row, thresholds))];
        var issues = new List<LabelIssue>();
        for (int i = 0; i < labels.Count; i++)
        {
            if (confident[i] >= 0 && confident[i] != labels[i])
            {
                issues.Add(new LabelIssue(i, confident[i], probabilities[i][labels[i]], probabilities[i][confident[i]]));
            }
        }

        return [.. issues.OrderByDescending(issue => issue.Margin).ThenBy(issue => issue.Place)];
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

    /// <summary>The most probable of the classes whose thresholds are reached; -1 if none is.</summary>
    private static int ConfidentClass(float[] row, double[] thresholds)
    {
        int best = -1;
        for (int k = 0; k < row.Length; k++)
        {
            if (row[k] >= thresholds[k] && (best < 0 || row[k] > row[best]))
            {
                best = k;
            }
        }

        return best;
    }
}
