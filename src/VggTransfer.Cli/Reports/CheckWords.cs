using VggTransfer.DataQuality;

namespace VggTransfer.Cli;

/// <summary>What a check found, in the words that screen and page share.</summary>
internal static class CheckWords
{
    /// <summary>Classes of which the largest has more than so many times the images of the smallest are worth a word.</summary>
    private const double NotableImbalance = 3;

    /// <summary>What was looked for, how many images have it, and what that means.</summary>
    public static IReadOnlyList<(string What, int Count, string Words)> Counts(ImageFolderCheckResult result)
    {
        DuplicateImage[] copies = [.. result.Duplicates.SelectMany(group => group.Copies)];
        int exact = copies.Count(copy => copy.Kind is DuplicateKind.SameFile or DuplicateKind.SamePixels);
        return
        [
            ("Unreadable files", result.Unreadable.Count, "left out of any training"),
            ("Exact copies", exact, "the same bytes or pixels as another file"),
            ("Near copies", copies.Length - exact, "recompressed, resized or mirrored"),
            ("  in another class", result.Duplicates.Where(group => group.CrossesClasses).Sum(group => group.Copies.Count), "one of the labels is wrong"),
            ("  learnt from and validated on", result.Duplicates.Where(group => group.IsLeakage).Sum(group => group.Copies.Count), "the accuracy on these says nothing"),
            ("Suspected labels", result.SuspectedLabels.Count, result.Features?.HeldOutAccuracy is { } accuracy
                ? $"by heads that agree with {ResultTable.Percent(accuracy)} of all labels they haven't seen"
                : "not looked for"),
            ("Outliers", result.Outliers.Count, result.Features is null ? "not looked for" : "far from all others; look at them"),
            ("Odd pictures", result.Odd.Count, "tiny, very long, one colour, CMYK or transparent"),
            ("Classes", result.Classes.Count, result.Imbalance > NotableImbalance
                ? FormattableString.Invariant($"the largest has {result.Imbalance:0.#} times the images of the smallest")
                : result.Classes.Count > 1 ? "of similar size" : "labels are compared between two or more"),
        ];
    }

    public static string Of(ImageOddity oddity) => oddity switch
    {
        ImageOddity.Tiny => "tiny",
        ImageOddity.ExtremeAspect => "very long or high",
        ImageOddity.OneColour => "one colour",
        ImageOddity.Cmyk => "CMYK",
        _ => "transparent",
    };

    /// <summary>Such as <c>mirrored (0.98), in another class</c>.</summary>
    public static string Of(DuplicateImage copy, DuplicateGroup group)
    {
        string how = copy.Kind switch
        {
            DuplicateKind.SameFile => "same bytes",
            DuplicateKind.SamePixels => "same pixels",
            DuplicateKind.Mirrored => FormattableString.Invariant($"mirrored ({copy.Similarity:0.00})"),
            _ => FormattableString.Invariant($"near copy ({copy.Similarity:0.00})"),
        };
        return how + (copy.Image.Label != group.Kept.Label ? ", in another class" : "") + (copy.Image.IsValidation != group.Kept.IsValidation ? ", learnt from and validated on" : "");
    }

    public static string Images(int count) => count == 1 ? "1 image" : $"{count} images";
}
