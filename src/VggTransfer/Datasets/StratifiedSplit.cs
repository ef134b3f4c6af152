namespace VggTransfer.Datasets;

/// <summary>A data set in two parts with the same shares of the classes.</summary>
/// <param name="Training">Most of the images, in their original order.</param>
/// <param name="Validation">The rest, in their original order.</param>
public sealed record StratifiedSplit(IReadOnlyList<LabeledImage> Training, IReadOnlyList<LabeledImage> Validation)
{
    /// <summary>
    /// Draws the validation part class by class. A class of two or more images gives at least one to each part; a class
    /// of one keeps it for training.
    /// </summary>
    /// <param name="images">The images.</param>
    /// <param name="validationFraction">The share of each class for validation, above 0 and below 1; rounded to whole images.</param>
    /// <param name="seed">The same seed gives the same split.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fraction is out of its range.</exception>
    public static StratifiedSplit Create(IReadOnlyList<LabeledImage> images, double validationFraction, int seed)
    {
        if (validationFraction is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(validationFraction), validationFraction, "The validation fraction must be above 0 and below 1.");
        }

        var validation = new HashSet<int>();
        var random = new Random(seed);
        foreach (IGrouping<string, int> label in Enumerable.Range(0, images.Count).GroupBy(i => images[i].Label).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            int[] indices = [.. label];
            random.Shuffle(indices);
            int count = Math.Clamp((int)Math.Round(indices.Length * validationFraction, MidpointRounding.AwayFromZero), Math.Min(1, indices.Length - 1), indices.Length - 1);
            validation.UnionWith(indices.Take(count));
        }

        return new StratifiedSplit(
            [.. images.Where((_, i) => !validation.Contains(i))],
            [.. images.Where((_, i) => validation.Contains(i))]);
    }
}
