using Spectre.Console;
using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>
/// A line for each image, in columns: the classes with their probabilities, then the path. Where a picture is none of the classes,
/// it says so, and the classes follow only where more than the first are asked for.
/// </summary>
internal sealed class TextPredictions(Screen screen, ImageClassifier classifier, int top) : IPredictionReport
{
    private const int LongestLabel = 30;
    private const string Unknown = "(none of these)";

    // Probabilities below this are dim: hardly better than a guess.
    private const double Sure = 0.5;

    private readonly int _width = classifier.Labels.Select(label => PrintableText.Shorten(label, LongestLabel).Length).Append(classifier.TellsUnknown ? Unknown.Length : 0).Max();

    public bool IsStreamed => true;

    public void Add(ImagePrediction prediction)
    {
        var line = new Paragraph();
        for (int k = 0; k < top; k++)
        {
            line.Append(Cell(prediction, k), StyleOf(prediction, k));
        }

        screen.Out.Write(line.Append(PrintableText.Of(prediction.Name) + "\n"));
    }

    public void Finish()
    {
    }

    private string Cell(ImagePrediction prediction, int k)
    {
        // What an unknown picture is least unlike begins in the second column.
        int place = prediction.IsUnknown ? k - 1 : k;
        return place >= 0 && place < prediction.Classes.Count
            ? $"{PrintableText.Shorten(prediction.Classes[place].Label, LongestLabel).PadRight(_width)} {ResultTable.Percent(prediction.Classes[place].Probability),8}  "
            : (k > 0 ? "" : prediction.IsUnknown ? Unknown : "(error)").PadRight(_width + 11);
    }

    private static Style StyleOf(ImagePrediction prediction, int k) =>
        prediction.Error is not null ? ResultTable.Bad
        : prediction.IsUnknown || prediction.Classes[k].Probability < Sure ? ResultTable.Dim
        : k == 0 ? ResultTable.Strong : Style.Plain;
}
