using Spectre.Console;
using VggTransfer.Similarity;

namespace VggTransfer.Cli;

/// <summary>The images that look most like one.</summary>
/// <param name="Query">The image that was asked for.</param>
/// <param name="Similar">The most similar first; the query itself isn't among them.</param>
internal sealed record SimilarImagesFound(string Query, IReadOnlyList<SimilarImage> Similar);

/// <summary>What a search for similar images found.</summary>
internal sealed class SimilarReport(string folder, string? file, SimilarImageIndex index, SimilarImageIndexUpdate update, IReadOnlyList<SimilarImagesFound> found, TimeSpan time)
{
    public object ToJson() => new
    {
        Folder = folder,
        Index = file,
        update.Images,
        update.Added,
        update.Kept,
        update.Removed,
        update.Rebuilt,
        Layer = index.Layer.ToString(),
        index.InputSize,
        index.Dimension,
        Queries = found,
        update.Skipped,
        Seconds = Math.Round(time.TotalSeconds, 3),
    };

    public void Write(Screen screen, string? report)
    {
        foreach (SimilarImagesFound query in found)
        {
            Table table = ResultTable.Create().AddColumns(ResultTable.Number("Similarity"), ResultTable.LongText($"Like {PrintableText.Of(query.Query)}"));
            foreach (SimilarImage image in query.Similar)
            {
                table.AddRow(new Text(FormattableString.Invariant($"{image.Similarity:0.000}")), new Text(PrintableText.Of(image.Path)));
            }

            screen.Write(table);
        }

        Console.Out.WriteLine($"{Indexed}, in {time.TotalSeconds:0.0} s.");
        ReportLine.Write(report);
    }

    public void WritePage(string path)
    {
        var page = new HtmlPage($"Similar pictures in {folder}");
        foreach (SimilarImagesFound query in found)
        {
            page.Section($"Like {Path.GetFileName(query.Query)}");
            page.Group([Figure(query.Query, "asked for")]);
            page.Gallery(query.Similar.Select(image => Figure(image.Path, FormattableString.Invariant($"{image.Similarity:0.000} {Path.GetRelativePath(folder, image.Path)}"))));
        }

        page.Write(
            path,
            $"{Indexed}. Similarity is the cosine of the pictures' features ({index.Layer}, input size {index.InputSize}): 1 is the same picture.",
            $"Made by VggTransfer {Tool.Version} in {time.TotalSeconds:0.0} s.");
    }

    private string Indexed => $"{CheckWords.Images(update.Images)} indexed ({update.Added} new, {update.Kept} known before, {update.Removed} gone)";

    private static HtmlFragment Figure(string path, string caption) => HtmlFragment.Figure(
        ThumbnailImage.TryCreate(path) is { } picture ? HtmlFragment.Image(picture, Path.GetFileName(path)) : HtmlFragment.Text("(can't be shown)"), caption);
}
