using VggTransfer.Classification;

namespace VggTransfer.Benchmarks;

/// <summary>
/// How much more often one classifier is right than another on the same images. Most images are easy or hard for both, so the
/// difference is known far better than either accuracy.
/// </summary>
/// <param name="Gained">Images that only the second classifier gets right.</param>
/// <param name="Lost">Images that only the first one gets right.</param>
/// <param name="Images">Images in all, one or more.</param>
internal sealed record PairedDifference(int Gained, int Lost, int Images)
{
    /// <summary>Of accuracies, second minus first, in points of a hundred.</summary>
    public double Points => 100.0 * (Gained - Lost) / Images;

    /// <summary>The standard error of <see cref="Points"/>: each image adds 1, 0 or -1.</summary>
    public double StandardError
    {
        get
        {
            double mean = (double)(Gained - Lost) / Images;
            return 100 * Math.Sqrt((((double)(Gained + Lost) / Images) - (mean * mean)) / Images);
        }
    }

    /// <exception cref="ArgumentException">The two didn't see the same images in the same order, or none.</exception>
    public static PairedDifference Of(IReadOnlyList<LabeledPrediction> first, IReadOnlyList<LabeledPrediction> second)
    {
        if (first.Count == 0 || !first.Select(image => image.Path).SequenceEqual(second.Select(image => image.Path)))
        {
            throw new ArgumentException("Both classifiers must have seen the same images, at least one.", nameof(second));
        }

        return new PairedDifference(
            first.Zip(second).Count(pair => !pair.First.IsRight && pair.Second.IsRight),
            first.Zip(second).Count(pair => pair.First.IsRight && !pair.Second.IsRight),
            first.Count);
    }

    /// <param name="second">What the second classifier is called.</param>
    /// <param name="first">What the first classifier is called.</param>
    public FormattableString Describe(string second, string first) =>
        $"{second} minus {first}: {Points:+0.00;-0.00;0.00} points of accuracy, standard error {StandardError:F2} ({Gained} images gained, {Lost} lost, of {Images})";
}
