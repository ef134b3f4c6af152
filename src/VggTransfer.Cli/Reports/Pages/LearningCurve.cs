using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>Accuracy by the number of training images: whether more of them would help.</summary>
internal static class LearningCurve
{
    private static readonly double[] s_shares = [0.125, 0.25, 0.5];

    /// <param name="trained">A classifier, whose head all training images made.</param>
    /// <param name="cancellationToken">Ends the work between two fits.</param>
    /// <returns>Ascending by the number of images; each part holds the smaller ones, and of each class at least two.</returns>
    public static IReadOnlyList<(int Images, double Accuracy)> Compute(TrainedImageClassifier trained, CancellationToken cancellationToken)
    {
        ClassifierDescription description = trained.Description;
        LabeledFeatures training = trained.TrainingFeatures, validation = trained.ValidationFeatures;
        var random = new Random(description.Seed);
        int[][] classes = [.. Enumerable.Range(0, training.Count).GroupBy(i => training.Classes[i]).OrderBy(group => group.Key).Select(group =>
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
            if (rows.Length == training.Count || (curve.Count > 0 && curve[^1].Item1 == rows.Length))
            {
                continue;
            }

            LabeledFeatures part = training.Select(rows);
            LinearHead head = LinearHead.Fit(part.Features, part.Classes, description.Labels.Count, description.L2Regularization, description.Scaling, cancellationToken: cancellationToken);
            int hits = validation.Features.Zip(validation.Classes).Count(image => head.Predict(image.First) == image.Second);
            curve.Add((rows.Length, (double)hits / validation.Count));
        }

        curve.Add((training.Count, trained.Validation.Accuracy));
        return curve;
    }
}
