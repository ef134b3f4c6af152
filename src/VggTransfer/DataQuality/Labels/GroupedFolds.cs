namespace VggTransfer.DataQuality;

/// <summary>Folds for cross-validation in which copies of a picture stay together: a head mustn't learn one and be asked about the other.</summary>
internal static class GroupedFolds
{
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="groups">For each image the number of its group of copies.</param>
    /// <param name="count">How many folds.</param>
    /// <param name="seed">The same seed gives the same folds.</param>
    /// <returns>Places of the images of each fold; the classes, by the first image of each group, are dealt evenly.</returns>
    public static int[][] Draw(IReadOnlyList<int> classes, IReadOnlyList<int> groups, int count, int seed)
    {
        var random = new Random(seed);
        List<int>[] folds = [.. Enumerable.Range(0, count).Select(_ => new List<int>())];
        int next = 0;
        var members = Enumerable.Range(0, classes.Count).GroupBy(i => groups[i]).Select(group => group.ToArray());
        foreach (IGrouping<int, int[]> label in members.GroupBy(group => classes[group[0]]).OrderBy(label => label.Key))
        {
            int[][] shuffled = [.. label];
            random.Shuffle(shuffled);
            foreach (int[] group in shuffled)
            {
                folds[next++ % count].AddRange(group);
            }
        }

        return [.. folds.Select(fold => fold.ToArray())];
    }
}
