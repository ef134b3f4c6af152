using System.Globalization;
using System.Text;
using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>The confusion matrix; a cell is a link that opens its pictures, without scripts.</summary>
internal sealed class ConfusionSection(ClassificationFindings findings)
{
    /// <summary>Pictures of a cell.</summary>
    private const int Shown = 12;

    /// <summary>Above this many classes only mistakes are listed: nobody reads a table of a hundred columns.</summary>
    private const int MostClasses = 40;

    /// <summary>Cells whose pictures are in the page.</summary>
    private const int MostCells = 150;

    private ClassificationMetrics Metrics => findings.Metrics;

    public void AddTo(HtmlPage page)
    {
        page.Section("Confusions");
        (int Row, int Column, int Count)[] opened =
        [
            .. from row in Enumerable.Range(0, Metrics.Labels.Count)
               from column in Enumerable.Range(0, Metrics.Labels.Count)
               let count = Metrics.ConfusionMatrix[row][column]
               where count > 0
               orderby row == column, count descending
               select (row, column, count),
        ];
        opened = [.. opened.Take(MostCells)];
        if (Metrics.Labels.Count <= MostClasses)
        {
            page.Paragraph("Rows are true classes, columns predicted ones. A number opens its pictures below the table.");
            AddMatrix(page, [.. opened.Select(cell => (cell.Row, cell.Column))]);
        }
        else
        {
            page.Table("The most frequent mistakes", ["True class", "Predicted", "#Images"], opened.Where(cell => cell.Row != cell.Column).Take(MostClasses).Select(cell => (IReadOnlyList<HtmlFragment>)
            [
                Metrics.Labels[cell.Row], Metrics.Labels[cell.Column], Link(cell.Row, cell.Column, cell.Count),
            ]));
        }

        ILookup<(int, int), LabeledPrediction> images = findings.Images.ToLookup(image => (image.Class, image.Predicted));
        foreach ((int row, int column, int count) in opened)
        {
            AddCell(page, row, column, count, images[(row, column)]);
        }
    }

    private void AddMatrix(HtmlPage page, HashSet<(int, int)> opened)
    {
        var table = new StringBuilder("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Confusion matrix\"><table class=\"confusion\">\n<caption>Images by true and predicted class</caption>\n<thead><tr><th scope=\"col\">true \\ predicted</th>");
        foreach (string label in Metrics.Labels)
        {
            table.Append($"<th scope=\"col\" class=\"number\">{HtmlFragment.Text(label).Html}</th>");
        }

        table.Append("</tr></thead>\n<tbody>\n");
        for (int row = 0; row < Metrics.Labels.Count; row++)
        {
            int support = Math.Max(1, Metrics.PerClass[row].Support);
            table.Append($"<tr><th scope=\"row\">{HtmlFragment.Text(Metrics.Labels[row]).Html}</th>");
            for (int column = 0; column < Metrics.Labels.Count; column++)
            {
                int count = Metrics.ConfusionMatrix[row][column];
                string share = ((double)count / support).ToString("0.00", CultureInfo.InvariantCulture);
                string content = count == 0 ? "·" : opened.Contains((row, column)) ? Link(row, column, count).Html : $"{count}";
                table.Append($"<td class=\"number {(row == column ? "hit" : "miss")}\" style=\"--share:{share}\">{content}</td>");
            }

            table.Append("</tr>\n");
        }

        page.Add(new HtmlFragment(table.Append("</tbody></table></div>").ToString()));
    }

    private void AddCell(HtmlPage page, int row, int column, int count, IEnumerable<LabeledPrediction> images)
    {
        string heading = row == column
            ? $"{Metrics.Labels[row]}: {count} right"
            : $"{count} {(count == 1 ? "image" : "images")} of {Metrics.Labels[row]} taken for {Metrics.Labels[column]}";
        string figures = string.Concat(images.OrderByDescending(image => image.Confidence).Take(Shown).Select(image =>
            HtmlFragment.Figure(ClassificationPage.Thumbnail(image.Path), $"{Path.GetFileName(image.Path)}: {ClassificationPage.Percent(image.Confidence)}").Html));
        string rest = count > Shown ? $"<p>The {Shown} most confident of {count}.</p>" : "";
        page.Add(new HtmlFragment($"<div class=\"cell\" id=\"{Id(row, column)}\" tabindex=\"-1\"><h3>{HtmlFragment.Text(heading).Html}</h3>{rest}<div class=\"gallery\">{figures}</div></div>"));
    }

    private HtmlFragment Link(int row, int column, int count) =>
        new($"<a href=\"#{Id(row, column)}\" aria-label=\"{HtmlFragment.Text($"{count} of {Metrics.Labels[row]} predicted as {Metrics.Labels[column]}").Html}\">{count}</a>");

    private static string Id(int row, int column) => $"cell-{row}-{column}";
}
