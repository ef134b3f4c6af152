using VggTransfer.Classification.Calibration;

namespace VggTransfer.Classification;

/// <summary>Accuracy by the number of training images: whether more of them would help.</summary>
internal static class LearningCurve
{
    private static readonly double[] s_shares = [0.125, 0.25, 0.5];

    /// <param name="labels">The names of the classes.</param>
    /// <param name="evidence">What the training saw.</param>
    /// <param name="accuracy">Of the head that all training images made, on the validation images.</param>
    /// <param name="l2Regularization">As the head was fitted.</param>
    /// <param name="seed">Of the choice of images.</param>
    /// <param name="cancellationToken">Ends the work between two fits.</param>
    /// <returns>Ascending by the number of images; each part holds the smaller ones, and of each class at least two.</returns>
    public static IReadOnlyList<(int Images, double Accuracy)> Compute(
        IReadOnlyList<string> labels, TrainingEvidence evidence, double accuracy, double l2Regularization, int seed, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        int[][] classes = [.. Enumerable.Range(0, evidence.Training.Count).GroupBy(i => evidence.Training.Classes[i]).OrderBy(group => group.Key).Select(group =>
        {
            int[] rows = [.. group];
            random.Shuffle(rows);
            return rows;
        })];
        var curve = new List<(int, double)>();
        foreach (double share in s_shares)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] rows = [.. classes.SelectMany(members => members.Take(Math.Max(Math.Min(2, members.Length), (int)(members.Length * share))))];
            if (rows.Length == evidence.Training.Count || (curve.Count > 0 && curve[^1].Item1 == rows.Length))
            {
                continue;
            }

            JudgedImages part = evidence.Training.Take(rows);
            LinearHead head = HeadTrainer.Fit(part.Features, part.Classes, labels.Count, l2Regularization, cancellationToken: cancellationToken);
            int hits = Enumerable.Range(0, evidence.Validation.Count).Count(i => ClassificationMetrics.ArgMax(head.Logits(evidence.Validation.Features[i])) == evidence.Validation.Classes[i]);
            curve.Add((rows.Length, (double)hits / evidence.Validation.Count));
        }

        curve.Add((evidence.Training.Count, accuracy));
        return curve;
    }
}
