using VggTransfer.Architectures;
using VggTransfer.Classification;

namespace VggTransfer.Tests.Classification;

public sealed class HeadSelectionTests
{
    private static readonly string[] s_labels = ["a", "b", "c"];

    [Theory]
    [InlineData(1e-2, 1)]
    [InlineData(1, 100)]
    [InlineData(100, 1)]
    public void The_strength_chosen_is_not_at_an_edge(double noise, double scale)
    {
        (float[][] features, int[] classes) = Draw(noise, scale);

        IReadOnlyList<HeadTrial> trials = Run(features, classes);

        double[] tried = [.. trials.Where(trial => trial.Recipe.Scaling == trials[0].Recipe.Scaling).Select(trial => trial.Recipe.L2Regularization).Order()];
        bool isAnEnd = trials[0].Recipe.L2Regularization is 0.01 or 100_000;
        Assert.True(isAnEnd || tried[0] < trials[0].Recipe.L2Regularization, $"{trials[0].Recipe.L2Regularization} of {string.Join(", ", tried)}");
        Assert.True(isAnEnd || tried[^1] > trials[0].Recipe.L2Regularization, $"{trials[0].Recipe.L2Regularization} of {string.Join(", ", tried)}");
        Assert.Equal(trials.Min(trial => trial.LogLoss), trials[0].LogLoss);
    }

    /// <summary>A property: features that all vary alike are the same in both scalings.</summary>
    [Fact]
    public void Scalings_agree_where_all_features_vary_alike()
    {
        (float[][] features, int[] classes) = Draw(noise: 1, scale: 3);
        int columns = features[0].Length;
        for (int j = 0; j < columns; j++)
        {
            double mean = features.Average(row => (double)row[j]), deviation = Math.Sqrt(features.Average(row => (row[j] - mean) * (row[j] - mean)));
            foreach (float[] row in features)
            {
                row[j] = (float)((row[j] - mean) / deviation * 7) + j;
            }
        }

        LinearHead standardized = Fit(FeatureScaling.Standardized), uniform = Fit(FeatureScaling.Uniform);

        Assert.Equal(standardized.Probabilities(features[0])[0], uniform.Probabilities(features[0])[0], 1e-4);

        LinearHead Fit(FeatureScaling scaling) => LinearHead.Fit(features, classes, 3, 10, scaling, cancellationToken: TestContext.Current.CancellationToken);
    }

    [Fact]
    public void The_only_image_of_a_class_is_learnt_from_and_never_held_out()
    {
        int[] classes = [.. Enumerable.Repeat(0, 9), 1, .. Enumerable.Repeat(2, 7), 3];

        Fold[] folds = CrossValidation.Draw(classes, seed: 5);

        Assert.Equal(16, folds.Sum(fold => fold.Held.Length));
        Assert.Equal(16, CrossValidation.Judging(classes));
        foreach (Fold fold in folds)
        {
            Assert.Contains(9, fold.Learnt);
            Assert.Contains(17, fold.Learnt);
            Assert.Empty(fold.Learnt.Intersect(fold.Held));
            Assert.Equal(Enumerable.Range(0, classes.Length), fold.Learnt.Concat(fold.Held).Order());
        }
    }

    [Theory]
    [InlineData(4, 3, true)]
    [InlineData(3, 3, false)]
    [InlineData(2, 20, false)]
    [InlineData(1, 60, false)]
    public void Trials_need_images_to_learn_from_and_to_judge_by(int images, int classes, bool expected) =>
        Assert.Equal(expected, HeadSelection.CanChoose([.. Enumerable.Range(0, images * classes).Select(i => i % classes)]));

    private static IReadOnlyList<HeadTrial> Run(float[][] features, int[] classes) => new HeadSelection(s_labels, seed: 1, threads: 2).Run(
        [.. Enum.GetValues<FeatureScaling>().Select(scaling => new HeadCandidate(FeatureLayer.Fc7, scaling, i => features[i]))],
        classes,
        l2Regularization: null,
        progress: null,
        TestContext.Current.CancellationToken);

    private static (float[][] Features, int[] Classes) Draw(double noise, double scale)
    {
        var random = new Random(7);
        int[] classes = [.. Enumerable.Range(0, 60).Select(i => i % 3)];
        return ([.. classes.Select(label => Enumerable.Range(0, 12)
            .Select(j => (float)(scale * ((j % 3 == label ? 1 : 0) + (noise * (random.NextDouble() - 0.5)) + (0.3 * random.NextDouble() * j)))).ToArray())], classes);
    }
}
