using System.Globalization;
using System.Text.Json;
using VggTransfer.Models;
using VggTransfer.Parity.Features;
using VggTransfer.Parity.Images;
using VggTransfer.Weights;

namespace VggTransfer.Parity.Weights;

/// <summary>Checks folders of weight files, written by the tools that people use, against what those tools computed with them.</summary>
public static class WeightsParity
{
    private static readonly string[] s_keys = ["pool5", "fc7", "logits"];

    /// <summary>Whether there is anything to check in a folder or its subfolders.</summary>
    public static bool HasGoldens(string folder) => Folders(folder).Any();

    /// <summary>Reads every file of the folder, or of each of its subfolders, as its case asks for.</summary>
    /// <param name="folder">A folder with <c>expected.json</c>, or with subfolders that have one.</param>
    public static IReadOnlyList<ParityCase> Check(string folder) =>
        [.. Folders(folder).SelectMany(CheckFolder)];

    /// <summary>Compares a model that was read, by whatever way, with what is known of its file.</summary>
    /// <param name="folder">The folder that has the <c>expected.json</c>.</param>
    /// <param name="file">The case's file.</param>
    /// <param name="model">The model.</param>
    /// <param name="largestTolerance">A tolerance tighter than the case's own; null for the case's.</param>
    public static ParityCase CheckModel(string folder, string file, VggModel model, double? largestTolerance = null)
    {
        WeightsGolden golden = WeightsGolden.ReadAll(folder).Single(item => item.File == file);
        using GoldenValues values = GoldenValues.Open(folder);
        return Compare(golden with { Tolerance = Math.Min(golden.Tolerance, largestTolerance ?? double.PositiveInfinity) }, file, model, [], values);
    }

    private static IEnumerable<string> Folders(string folder) =>
        Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Prepend(folder)
            .Where(candidate => File.Exists(Path.Combine(candidate, WeightsGolden.CasesFile)));

    private static IEnumerable<ParityCase> CheckFolder(string folder)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        IReadOnlyList<JsonElement> items;
        GoldenValues values;
        try
        {
            items = WeightsGolden.Items(folder);
            values = GoldenValues.Open(folder);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException)
        {
            return [new ParityCase(name, false, $"can't be read as goldens: {e.Message}")];
        }

        using (values)
        {
            return
            [
                .. items.Select((item, i) =>
                {
                    string title = $"{name}/{item.Text("file") ?? $"case {i}"}";
                    return ParityCase.Run(title, () => Check(WeightsGolden.Parse(item), folder, title, values));
                }),
            ];
        }
    }

    private static ParityCase Check(WeightsGolden golden, string folder, string name, GoldenValues values)
    {
        string path = Path.Combine(folder, golden.File);
        try
        {
            using WeightsContent content = WeightsFile.Read(path);
            return golden.Outcome switch
            {
                "refuse" => new ParityCase(name, false, $"was read as {content.Model.Architecture.DisplayName}, and must be refused"),
                "read" or "read-or-refuse" or "reference" => Compare(golden, name, content.Model, content.Notes, values),
                _ => UnknownOutcome(golden, name),
            };
        }
        catch (InvalidModelFileException e)
        {
            string sentence = e.Message.Replace(path, golden.File, StringComparison.Ordinal);
            return golden.Outcome switch
            {
                "read" => new ParityCase(name, false, $"was refused: {sentence}"),
                "refuse" or "read-or-refuse" or "reference" => new ParityCase(name, e.Message.Contains(Path.GetFileName(golden.File), StringComparison.Ordinal), $"refused: {sentence}"),
                _ => UnknownOutcome(golden, name),
            };
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever else comes out of the reader is a failure of its own to be listed, not the end of the comparison.
            return new ParityCase(name, false, $"ended in {e.GetType().Name}: {e.Message}");
        }
    }

    private static ParityCase UnknownOutcome(WeightsGolden golden, string name) => new(name, false, $"has the outcome '{golden.Outcome}', which this program doesn't know");

    private static ParityCase Compare(WeightsGolden golden, string name, VggModel model, IReadOnlyList<string> notes, GoldenValues values)
    {
        string described = $"{model.Architecture.DisplayName}{string.Concat(notes.Select(note => " | " + note))}";
        string[] faults = golden.Architecture is null ? [] : [.. golden.Architecture.FaultsOf(model.Architecture)];
        if (golden.Golden is null || golden.Input is null)
        {
            // Only a case that needn't be read may leave open what it holds.
            return new ParityCase(name, golden.Outcome != "read" && faults.Length == 0, $"read, with nothing to compare: {described}");
        }

        if (values.FindInput(golden.Input) is not { } input)
        {
            return new ParityCase(name, false, $"has the input '{golden.Input}', which is no batch of square images in the goldens");
        }

        bool isHeadNeeded = golden.Architecture?.IsHeadExpressible ?? true;
        (IReadOnlyList<string> Differences, IReadOnlyList<string> Faults) compared = CompareOutputs(golden, NetworkRun.Run(model, input), values, isHeadNeeded);
        faults = [.. faults, .. compared.Faults];
        string differences = string.Join(", ", compared.Differences);
        return faults.Length == 0
            ? new ParityCase(name, true, $"{differences}: {described}")
            : new ParityCase(name, false, $"{string.Join("; ", faults)} ({differences}): {described}");
    }

    private static (IReadOnlyList<string> Differences, IReadOnlyList<string> Faults) CompareOutputs(
        WeightsGolden golden, IReadOnlyDictionary<string, float[]> outputs, GoldenValues values, bool isHeadNeeded)
    {
        var differences = new List<string>();
        var faults = new List<string>();
        (string Key, string Output)[] places = [.. s_keys.Select(key => (key, key)), .. golden.Architecture?.Pooling is { } pooling ? [("pooled", "pooled." + pooling)] : Array.Empty<(string, string)>()];
        foreach ((string key, string output) in places)
        {
            if (values.Find($"{golden.Golden}.{key}") is not { } expected)
            {
                continue;
            }

            if (!outputs.TryGetValue(output, out float[]? actual))
            {
                if (isHeadNeeded)
                {
                    faults.Add($"no {key}");
                }

                continue;
            }

            FeatureDifference? difference = FeatureDifference.Between(actual, expected, new FeatureTolerance(golden.Tolerance, 0));
            differences.Add(difference is null ? $"{key} of {actual.Length} values instead of {expected.Length}" : string.Create(CultureInfo.InvariantCulture, $"{key} {difference.Relative:0.0e+00}"));
            if (difference is not { Passed: true })
            {
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"{key} is beyond {golden.Tolerance:0.0e+00}"));
            }
        }

        if (differences.Count == 0)
        {
            faults.Add("nothing could be compared");
        }

        return (differences, faults);
    }
}
