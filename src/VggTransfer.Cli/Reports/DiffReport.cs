using System.Globalization;
using Spectre.Console;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Weights;

namespace VggTransfer.Cli;

/// <summary>How two files of weights differ.</summary>
internal sealed class DiffReport(string first, string second, WeightsContent a, WeightsContent b, WeightsDifference difference, string? image, FeatureComparison? features)
{
    public object ToJson() => new
    {
        First = Side(first, a),
        Second = Side(second, b),
        Identical = difference.IsIdentical,
        Absolute = Finite(difference.Absolute),
        Relative = Finite(difference.Relative),
        Layers = difference.Layers.Select(layer => new { layer.Layer, layer.Status, layer.Values, layer.Different, Absolute = Finite(layer.Absolute), Relative = Finite(layer.Relative) }),
        Features = features is null ? null : new
        {
            Image = image,
            Layer = features.Layer.ToString(),
            features.InputSize,
            Absolute = Finite(features.Absolute),
            Relative = Finite(features.Relative),
            Cosine = Finite(features.Cosine),
        },
    };

    public void Write(Screen screen)
    {
        Table table = ResultTable.Create().AddColumns(
            ResultTable.Text("Layer"), ResultTable.Text(""), ResultTable.Number("Weights"), ResultTable.Number("Different"), ResultTable.Number("Absolute"), ResultTable.Number("Relative"));
        foreach (LayerDifference layer in difference.Layers)
        {
            bool compared = layer.Status == LayerStatus.Compared;
            table.AddRow(
                new Text(layer.Layer),
                new Text(Describe(layer), layer.IsIdentical ? ResultTable.Good : ResultTable.Bad),
                new Text(compared ? layer.Values.ToString("N0", CultureInfo.InvariantCulture) : ""),
                new Text(compared ? layer.Different.ToString("N0", CultureInfo.InvariantCulture) : ""),
                new Text(compared ? Number(layer.Absolute) : ""),
                new Text(compared ? Number(layer.Relative) : ""));
        }

        screen.Write(table);
        if (features is not null)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Features of {PrintableText.Of(image!)} ({features.Layer}, input size {features.InputSize}): largest difference {Number(features.Absolute)}, relative {Number(features.Relative)}, cosine {features.Cosine:0.0000000}."));
        }

        Console.Out.WriteLine(difference.IsIdentical
            ? "The weights are identical."
            : $"The weights are different: by {Number(difference.Absolute)} at the most, relative {Number(difference.Relative)}.");
    }

    private static object Side(string path, WeightsContent content) => new { File = path, content.Format, Architecture = content.Model.Architecture.DisplayName };

    private static string Describe(LayerDifference layer) => layer.Status switch
    {
        LayerStatus.Compared => layer.IsIdentical ? "identical" : "different",
        LayerStatus.OnlyInFirst => "only in A",
        LayerStatus.OnlyInSecond => "only in B",
        _ => "of another shape",
    };

    private static string Number(double value) => value == 0 ? "0" : value.ToString("0.00e+00", CultureInfo.InvariantCulture);

    // JSON has no NaN.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
