using System.Text.Json;
using VggTransfer.Keras.Models;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Keras;

/// <summary><c>summary/tf_keras</c>: what <c>model.summary()</c> prints, to the character, and the models' counts and names.</summary>
public static class SummaryParity
{
    public static IEnumerable<ParityCase> Check(string folder)
    {
        string path = Path.Combine(folder, "summary", "tf_keras");
        string index = Path.Combine(path, "models.json");
        if (!File.Exists(index))
        {
            return [];
        }

        using JsonDocument models = GoldenJson.Read(index);
        return
        [
            .. GoldenSummary.Find(path).GroupBy(summary => summary.Model).SelectMany(group =>
                ParityCase.RunAll($"summary/tf_keras/{group.Key}", () => Check(models.RootElement.Get(group.Key) ?? throw new InvalidDataException("models.json doesn't describe this model."), [.. group]))),
        ];
    }

    private static IEnumerable<ParityCase> Check(JsonElement json, GoldenSummary[] summaries)
    {
        using Model model = GoldenModel.Build(json, summaries);
        yield return CheckNames(json, model, summaries[0].Model);
        foreach (GoldenSummary summary in summaries)
        {
            string text = model.ToSummaryText(summary.LineLength, showTrainable: summary.ShowTrainable, expandNested: summary.ExpandNested);
            yield return new ParityCase(
                $"summary/tf_keras/{Path.GetFileName(summary.Path)}",
                text == summary.Text,
                text == summary.Text ? $"{text.Length} characters" : FirstDifference(text, summary.Text));
        }
    }

    private static ParityCase CheckNames(JsonElement json, Model model, string name)
    {
        long parameters = json.GetProperty("parameters").GetInt64();
        string[] layers = [.. json.GetProperty("layers").EnumerateArray().Select(layer => layer.GetString()!)];

        // Keras names the weights of models within without the models' names.
        string[] weights = [.. json.GetProperty("weights").EnumerateArray().Select(weight => $"{weight.GetProperty("name").GetString()!.Split(':')[0]} ({string.Join(", ", weight.GetProperty("shape").EnumerateArray())})")];
        string[] own = [.. model.WeightSpecifications.Select(weight => $"{string.Join('/', weight.Name.Split('/')[^2..])} ({string.Join(", ", weight.Variable.Shape)})")];
        string detail = model.ParameterCount != parameters ? $"{model.ParameterCount} parameters, Keras {parameters}"
            : !layers.SequenceEqual(model.Layers.Select(layer => layer.Name)) ? $"layers {string.Join(", ", model.Layers.Select(layer => layer.Name))}, Keras {string.Join(", ", layers)}"
            : !weights.SequenceEqual(own) ? $"weight {own.Except(weights).FirstOrDefault()}, Keras {weights.Except(own).FirstOrDefault()}"
            : "";
        return new ParityCase($"summary/tf_keras/models.json {name}", detail.Length == 0, detail.Length == 0 ? $"{layers.Length} layers, {weights.Length} weights, {parameters} parameters" : detail);
    }

    private static string FirstDifference(string text, string keras)
    {
        string[] own = text.Split('\n');
        string[] other = keras.Split('\n');
        int line = Enumerable.Range(0, Math.Min(own.Length, other.Length)).FirstOrDefault(i => own[i] != other[i], Math.Min(own.Length, other.Length));
        return $"line {line + 1} is '{own.ElementAtOrDefault(line)}', Keras '{other.ElementAtOrDefault(line)}'";
    }
}
