using VggTransfer.DataQuality;

namespace VggTransfer.Cli;

/// <summary>What a check found, as a page with pictures.</summary>
internal sealed class CheckPage(string folder, string? validation, ImageFolderCheckResult result)
{
    /// <summary>Pictures in a section: a page of more takes long to open, and nobody looks at so many.</summary>
    private const int Shown = 300;

    public void Write(string path, TimeSpan time)
    {
        var page = new HtmlPage($"Check of {folder}");
        AddOverview(page);
        AddDuplicates(page);
        AddPictures(page, "Labels that are probably wrong", "The surest first. A head that hasn't seen the picture takes it for another class.", result.SuspectedLabels, item => item.Image, item => FormattableString.Invariant(
            $"labelled {item.Image.Label} ({item.OwnProbability:0.00}), seems to be {item.Suggested} ({item.SuggestedProbability:0.00})"));
        AddPictures(page, "Outliers", "Far from all others in the network's features, the farthest first.", result.Outliers, item => item.Image, item => FormattableString.Invariant(
            $"{item.Image.Label}: {item.Distance:0.00} times the usual distance"));
        AddPictures(page, "Odd pictures", "They can be read, and are unusual.", result.Odd, item => item.Image, item => $"{item.Width} x {item.Height}: {string.Join(", ", item.Oddities.Select(CheckWords.Of))}");
        AddUnreadable(page);
        AddClasses(page);
        string features = result.Features is { } used ? $" Features: {used.Layer}, input size {used.InputSize}, {PrecisionOption.NameOf(used.Precision)}." : "";
        page.Write(
            path,
            $"{CheckWords.Images(result.Images)} in '{folder}'{(validation is null ? "" : $" and '{validation}'")} were checked; {CheckWords.Images(result.Proposals.Count)} should be looked at.",
            $"Made by VggTransfer {Tool.Version} in {time.TotalSeconds:0.0} s.{features} Command: {Tool.Name} check {folder}{(validation is null ? "" : $" --validation {validation}")}");
    }

    private void AddOverview(HtmlPage page)
    {
        page.Section("Overview");
        page.Table("What was found", ["Found", "#Images", "~Meaning"], CheckWords.Counts(result).Select(item => (IReadOnlyList<HtmlFragment>)[item.What.Trim(), $"{item.Count}", item.Words]));
        foreach (string note in result.Notes)
        {
            page.Paragraph(note);
        }
    }

    private void AddDuplicates(HtmlPage page)
    {
        if (result.Duplicates.Count == 0)
        {
            return;
        }

        page.Section("Copies");
        page.Paragraph("Each box shows one picture. The first is the one to keep.");
        foreach (DuplicateGroup group in result.Duplicates.Take(Shown))
        {
            page.Group(group.Copies
                .Select(copy => Figure(copy.Image, $"{CheckWords.Of(copy, group)}: {Name(copy.Image)}"))
                .Prepend(Figure(group.Kept, $"keep: {Name(group.Kept)}")));
        }

        AddRest(page, result.Duplicates.Count);
    }

    private static void AddPictures<T>(HtmlPage page, string heading, string words, IReadOnlyList<T> items, Func<T, CheckedImage> imageOf, Func<T, string> captionOf)
    {
        if (items.Count == 0)
        {
            return;
        }

        page.Section(heading);
        page.Paragraph(words);
        page.Gallery(items.Take(Shown).Select(item => Figure(imageOf(item), $"{captionOf(item)} ({Path.GetFileName(imageOf(item).Path)})")));
        AddRest(page, items.Count);
    }

    private void AddUnreadable(HtmlPage page)
    {
        if (result.Unreadable.Count == 0)
        {
            return;
        }

        page.Section("Files that can't be read");
        page.Table("Unreadable files", ["File", "~Why"], result.Unreadable.Select(item => (IReadOnlyList<HtmlFragment>)[Name(item.Image), item.Reason]));
    }

    private void AddClasses(HtmlPage page)
    {
        page.Section("Classes");
        bool hasValidation = validation is not null;
        page.Table(
            "Readable images of each class",
            hasValidation ? ["Class", "#To learn from", "#To validate on"] : ["Class", "#Images"],
            result.Classes.Select(item => (IReadOnlyList<HtmlFragment>)[item.Label.Length == 0 ? "(no class)" : item.Label, $"{item.Training}", .. hasValidation ? [$"{item.Validation}"] : Array.Empty<HtmlFragment>()]));
    }

    private static void AddRest(HtmlPage page, int count)
    {
        if (count > Shown)
        {
            page.Paragraph($"... and {count - Shown} more; the JSON has all.");
        }
    }

    private static HtmlFragment Figure(CheckedImage image, string caption) => HtmlFragment.Figure(
        ThumbnailImage.TryCreate(image.Path) is { } picture ? HtmlFragment.Image(picture, Name(image)) : HtmlFragment.Text("(can't be shown)"), caption);

    private static string Name(CheckedImage image) => (image.IsValidation ? "validation: " : "") + (image.Label.Length == 0 ? "" : $"{image.Label}/") + Path.GetFileName(image.Path);
}
