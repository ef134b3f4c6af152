using Spectre.Console;
using VggTransfer.Classification;
using VggTransfer.Cli.Terminal;

namespace VggTransfer.Cli.Reports;

/// <summary>A line for each image, in columns: the classes with their probabilities, then the path.</summary>
internal sealed class TextPredictions(Screen screen, IReadOnlyList<string> labels, int top) : IPredictionReport
{
    private const int LongestLabel = 30;

    // Probabilities below this are dim: hardly better than a guess.
    private const double Sure = 0.5;

    private readonly int _width = labels.Max(label => PrintableText.Shorten(label, LongestLabel).Length);

    public bool IsStreamed => true;

    public void Add(ImagePrediction prediction)
    {
        var line = new Paragraph();
        for (int k = 0; k < top; k++)
        {
            string cell = k < prediction.Classes.Count
                ? $"{PrintableText.Shorten(prediction.Classes[k].Label, LongestLabel).PadRight(_width)} {ResultTable.Percent(prediction.Classes[k].Probability),8}  "
                : (k == 0 ? "(error)" : "").PadRight(_width + 11);
            Style style = prediction.Error is not null ? ResultTable.Bad : prediction.Classes[k].Probability < Sure ? ResultTable.Dim : k == 0 ? ResultTable.Strong : Style.Plain;
            line.Append(cell, style);
        }

        screen.Out.Write(line.Append(PrintableText.Of(prediction.Name) + "\n"));
    }

    public void Finish()
    {
    }
}
