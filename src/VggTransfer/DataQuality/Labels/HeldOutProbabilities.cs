using VggTransfer.Classification;

namespace VggTransfer.DataQuality;

/// <summary>For each image the class probabilities by a head that was fitted without it and its copies.</summary>
internal static class HeldOutProbabilities
{
    /// <summary>Each head learns from four fifths.</summary>
    public const int Folds = 5;

    /// <param name="labels">The names of the classes.</param>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="groups">For each image the number of its group of copies.</param>
    /// <param name="featuresOf">The features of an image.</param>
    /// <param name="recipe">How heads are fitted.</param>
    /// <param name="seed">Seed of the folds.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="progress">Told the number of heads done, of all.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public static float[][] Compute(
        IReadOnlyList<string> labels,
        IReadOnlyList<int> classes,
        IReadOnlyList<int> groups,
        Func<int, float[]> featuresOf,
        HeadRecipe recipe,
        int seed,
        int threads,
        Action<int, int>? progress,
        CancellationToken cancellationToken)
    {
        int[][] folds = GroupedFolds.Draw(classes, groups, Folds, seed);
        float[][] probabilities = new float[classes.Count][];
        progress?.Invoke(0, Folds);
        for (int held = 0; held < Folds; held++)
        {
            int[] rest = [.. folds.Where((_, fold) => fold != held).SelectMany(fold => fold)];
            LinearHead head = recipe.Fit(new LabeledFeatures([.. rest.Select(featuresOf)], [.. rest.Select(i => classes[i])]), labels.Count, threads, cancellationToken);
            foreach (int i in folds[held])
            {
                probabilities[i] = head.Probabilities(featuresOf(i));
            }

            progress?.Invoke(held + 1, Folds);
        }

        return probabilities;
    }
}
