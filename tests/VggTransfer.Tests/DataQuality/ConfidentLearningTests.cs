using VggTransfer.DataQuality.Labels;

namespace VggTransfer.Tests.DataQuality;

/// <summary>The oracle is the definition in Northcutt, Jiang and Chuang (2021), section 3.1, worked by hand.</summary>
public sealed class ConfidentLearningTests
{
    // Two classes. The images of class 0 get 0.9, 0.8, 0.7 and 0.2 for it: threshold 0.65. Those of class 1 get 0.6, 0.5 and 0.1: threshold 0.4.
    private static readonly int[] s_labels = [0, 0, 0, 0, 1, 1, 1];
    private static readonly float[][] s_probabilities = [[0.9f, 0.1f], [0.8f, 0.2f], [0.7f, 0.3f], [0.2f, 0.8f], [0.4f, 0.6f], [0.5f, 0.5f], [0.9f, 0.1f]];

    [Fact]
    public void A_threshold_is_the_mean_probability_that_a_class_gets_on_its_own_images()
    {
        double[] thresholds = ConfidentLearning.Thresholds(s_labels, s_probabilities);
        Assert.Equal(0.65, thresholds[0], 6);
        Assert.Equal(0.4, thresholds[1], 6);
        Assert.Equal(double.PositiveInfinity, ConfidentLearning.Thresholds([0], [[1f, 0f]])[1]);
    }

    [Fact]
    public void Labels_with_little_of_their_classs_threshold_are_issues_the_least_supported_first()
    {
        // Support: 0.2 / 0.65 and 0.1 / 0.4.
        IReadOnlyList<LabelIssue> issues = ConfidentLearning.Find(s_labels, s_probabilities, largestSupport: 0.4);
        Assert.Equal([(6, 0, 0.1f, 0.9f), (3, 1, 0.2f, 0.8f)], issues.Select(issue => (issue.Place, issue.Suggested, issue.Own, issue.Other)));
        Assert.Equal(0.25, issues[0].Support, 5);
        Assert.Equal(0.2 / 0.65, issues[1].Support, 5);
        Assert.Equal(6, Assert.Single(ConfidentLearning.Find(s_labels, s_probabilities, largestSupport: 0.3)).Place);
    }

    [Fact]
    public void A_class_whose_threshold_is_reached_is_suggested_before_a_more_probable_one()
    {
        // Thresholds: 0.45, 0.9, 0.3. The last image gets 0.5 for class 1 and 0.4 for class 2.
        int[] labels = [0, 1, 2, 0];
        float[][] probabilities = [[0.8f, 0.1f, 0.1f], [0.05f, 0.9f, 0.05f], [0.4f, 0.3f, 0.3f], [0.1f, 0.5f, 0.4f]];
        LabelIssue issue = Assert.Single(ConfidentLearning.Find(labels, probabilities, largestSupport: 0.3));
        Assert.Equal((3, 2), (issue.Place, issue.Suggested));
    }

    [Fact]
    public void A_label_that_nothing_beats_is_no_issue() => Assert.Empty(ConfidentLearning.Find([0, 0], [[0.5f, 0.5f], [0.5f, 0.5f]], largestSupport: 1));

    [Fact]
    public void No_images_have_no_issues() => Assert.Empty(ConfidentLearning.Find([], [], 1));

    [Fact]
    public void Folds_keep_copies_together_deal_classes_evenly_and_follow_from_the_seed()
    {
        var random = new Random(5);
        int[] classes = [.. Enumerable.Range(0, 300).Select(i => i % 3)];
        int[] groups = [.. Enumerable.Range(0, 300)];
        for (int i = 0; i < 60; i++)
        {
            groups[random.Next(300)] = random.Next(40);
        }

        int[][] folds = GroupedFolds.Draw(classes, groups, 5, seed: 3);
        Assert.Equal(Enumerable.Range(0, 300), folds.SelectMany(fold => fold).Order());
        foreach (int group in groups.Distinct())
        {
            Assert.Single(folds, fold => fold.Any(i => groups[i] == group));
        }

        // By groups, whose class is that of their first image.
        var firsts = Enumerable.Range(0, 300).DistinctBy(i => groups[i]).ToDictionary(i => groups[i], i => classes[i]);
        foreach (int label in (int[])[0, 1, 2])
        {
            int[] counts = [.. folds.Select(fold => fold.Select(i => groups[i]).Distinct().Count(group => firsts[group] == label))];
            Assert.InRange(counts.Max() - counts.Min(), 0, 1);
        }

        Assert.Equal(folds, GroupedFolds.Draw(classes, groups, 5, seed: 3));
        Assert.NotEqual(folds, GroupedFolds.Draw(classes, groups, 5, seed: 4));
    }
}
