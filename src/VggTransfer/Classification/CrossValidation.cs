namespace VggTransfer.Classification;

/// <summary>One of the parts that images are held out in.</summary>
/// <param name="Learnt">The images that a head is fitted on.</param>
/// <param name="Held">The images that it is judged by.</param>
internal sealed record Fold(int[] Learnt, int[] Held);

/// <summary>Divides images into folds, each class evenly.</summary>
internal static class CrossValidation
{
    /// <summary>Trials on more images cost more time and change a choice little.</summary>
    private const int LargestSample = 2000;

    /// <summary>How many folds there are.</summary>
    public const int Folds = 3;

    /// <summary>
    /// Deals the images of each class round the folds; of a large set, a stratified sample. The only image of a class is learnt from in
    /// every fold and held out in none: no head could name it, so it would tell nothing about any.
    /// </summary>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="seed">The same seed gives the same folds.</param>
    public static Fold[] Draw(IReadOnlyList<int> classes, int seed)
    {
        var random = new Random(seed);
        List<int>[] held = [.. Enumerable.Range(0, Folds).Select(_ => new List<int>())];
        var always = new List<int>();
        double share = Math.Min(1, (double)LargestSample / classes.Count);
        int next = 0;
        foreach (IGrouping<int, int> label in Enumerable.Range(0, classes.Count).GroupBy(i => classes[i]).OrderBy(group => group.Key))
        {
            int[] indices = [.. label];
            if (indices.Length == 1)
            {
                always.AddRange(indices);
                continue;
            }

            random.Shuffle(indices);
            foreach (int index in indices.Take(Math.Max((int)(indices.Length * share), Math.Min(indices.Length, Folds))))
            {
                held[next++ % Folds].Add(index);
            }
        }

        return [.. held.Select(own => new Fold([.. held.Where(other => other != own).SelectMany(other => other), .. always], [.. own]))];
    }

    /// <summary>How many images of a set can be held out so that their class is still learnt from.</summary>
    public static int Judging(IReadOnlyList<int> classes) => classes.CountBy(label => label).Where(count => count.Value > 1).Sum(count => count.Value);
}
