using System.Text.Json;
using System.Text.RegularExpressions;
using VggTransfer.Keras;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;

namespace VggTransfer.Parity.Keras;

/// <summary>
/// A model built anew from what <c>models.json</c> says of its weights and what a summary says of its layers' classes; names
/// that Keras gave by itself are left to ours to give.
/// </summary>
internal sealed partial class GoldenModel
{
    private readonly Dictionary<string, int[]> _weights;
    private readonly GoldenSummaryRow[] _rows;
    private int _index;

    private GoldenModel(JsonElement json, IReadOnlyList<GoldenSummaryRow> rows)
    {
        _weights = json.GetProperty("weights").EnumerateArray().ToDictionary(
            weight => weight.GetProperty("name").GetString()!.Split(':')[0],
            weight => weight.GetProperty("shape").EnumerateArray().Select(dimension => dimension.GetInt32()).ToArray(),
            StringComparer.Ordinal);
        _rows = [.. rows];
    }

    /// <param name="json">The model's entry in <c>models.json</c>.</param>
    /// <param name="summaries">Its summaries.</param>
    public static Model Build(JsonElement json, IReadOnlyList<GoldenSummary> summaries)
    {
        GoldenSummary fullest = summaries.OrderByDescending(summary => summary.ExpandNested).ThenByDescending(summary => summary.ShowTrainable).ThenByDescending(summary => summary.LineLength).First();
        IReadOnlyList<GoldenSummaryRow> rows = fullest.Rows();
        Model model = new GoldenModel(json, rows).Build(0, ModelNameIfGiven(fullest.ModelName));
        if (FrozenFirst().Match(fullest.Model) is { Success: true } frozen)
        {
            foreach (Layer layer in model.Layers.Take(int.Parse(frozen.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)))
            {
                layer.Trainable = false;
            }
        }
        else if (fullest.ShowTrainable)
        {
            int row = 0;
            SetTrainable(model, rows, ref row);
        }

        return model;
    }

    private Model Build(int nesting, string? name)
    {
        var layers = new List<Layer>();
        bool functional = _rows[_index].Class == "InputLayer";
        int[]? shape = null;
        while (_index < _rows.Length && _rows[_index].Nesting == nesting)
        {
            GoldenSummaryRow row = _rows[_index++];
            Layer layer = row.Class is "Functional" or "Sequential" ? Build(nesting + 1, row.Name) : Create(row, shape);
            layers.Add(layer);
            shape = row.Shape;
        }

        return functional ? new Functional((Input)layers[0], layers.Skip(1), name) : new Sequential(layers, name);
    }

    private Layer Create(GoldenSummaryRow row, int[]? before)
    {
        string? name = GivenName(row);
        int[]? kernel = _weights.GetValueOrDefault($"{row.Name}/kernel");
        bool useBias = _weights.ContainsKey($"{row.Name}/bias");
        switch (row.Class)
        {
            case "InputLayer":
                return new Input(row.Shape, name);
            case "Conv2D":
                string padding = before is null || before[0] == row.Shape[0] ? "same" : "valid";
                return new Conv2D(kernel![3], (kernel[0], kernel[1]), padding: padding, useBias: useBias, inputShape: before is null ? (row.Shape[0], row.Shape[1], kernel[2]) : null, name: name);
            case "Dense":
                return new Dense(kernel![1], useBias: useBias, inputShape: before is null ? [kernel[0]] : null, name: name);
            case "BatchNormalization":
                return new BatchNormalization(center: _weights.ContainsKey($"{row.Name}/beta"), scale: _weights.ContainsKey($"{row.Name}/gamma"), name: name);
            case "Activation":
                return new Activation("relu", name);
            case "ReLU":
                return new ReLU(name);
            case "Softmax":
                return new Softmax(name);
            case "MaxPooling2D":
                return new MaxPooling2D(name: name);
            case "AveragePooling2D":
                return new AveragePooling2D(name: name);
            case "GlobalAveragePooling2D":
                return new GlobalAveragePooling2D(name);
            case "GlobalMaxPooling2D":
                return new GlobalMaxPooling2D(name);
            case "Flatten":
                return new Flatten(name);
            case "Dropout":
                return new Dropout(0.5, name);
            case "Rescaling":
                return new Rescaling(1.0 / 255, inputShape: before is null ? (row.Shape[0], row.Shape[1], row.Shape[2]) : null, name: name);
            default:
                throw new InvalidDataException($"The layer '{row.Name}' is of the unknown class {row.Class}.");
        }
    }

    private static void SetTrainable(Model model, IReadOnlyList<GoldenSummaryRow> rows, ref int row)
    {
        // Setting a model sets its layers, so the rows within come after the model's own.
        foreach (Layer layer in model.Layers)
        {
            layer.Trainable = rows[row++].Trainable!.Value;
            if (layer is Model inner)
            {
                SetTrainable(inner, rows, ref row);
            }
        }
    }

    private static string? ModelNameIfGiven(string name) => name == "sequential" ? null : name;

    /// <summary>Null for a name that Keras makes of the class, whose number ours must find out.</summary>
    private static string? GivenName(GoldenSummaryRow row)
    {
        string own = row.Class == "InputLayer" ? "input" : KerasNaming.ToSnakeCase(row.Class);
        return Regex.IsMatch(row.Name, $@"^{own}(_\d+)?$") ? null : row.Name;
    }

    [GeneratedRegex(@"frozen_first_(\d+)")]
    private static partial Regex FrozenFirst();
}
