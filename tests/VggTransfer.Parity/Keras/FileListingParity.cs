using System.Text.Encodings.Web;
using System.Text.Json;
using VggTransfer.Keras.Data;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Keras;

/// <summary>Order, classes, splits and printed counts of image folders, and one-hot rows, against <c>files.json</c>.</summary>
public static class FileListingParity
{
    private const string Flow = "ImageDataGenerator.flow_from_directory";

    private static readonly JsonSerializerOptions s_oneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // These change pictures and batches, not which files there are.
    private static readonly string[] s_known =
    [
        "labels", "label_mode", "class_names", "classes", "class_mode", "shuffle", "seed", "validation_split", "subset",
        "batch_size", "image_size", "target_size", "color_mode", "interpolation", "crop_to_aspect_ratio", "keep_aspect_ratio",
    ];

    public static IEnumerable<ParityCase> Check(string folder) => KerasParity.WithFile(folder, "files.json", root =>
    [
        .. CheckListings(root),
        .. (root.Get("to_categorical")?.EnumerateArray() ?? default).Select(golden =>
            Compare($"to_categorical {OneLine(golden.GetProperty("input"))} {golden.Number("num_classes")}", golden, () => CompareCategorical(golden))),
    ]);

    private static List<ParityCase> CheckListings(JsonElement root)
    {
        List<ParityCase> cases = [];
        DirectoryInfo trees = Directory.CreateTempSubdirectory("vggtransfer-parity-");
        try
        {
            foreach (JsonProperty tree in root.Get("trees")?.EnumerateObject() ?? default)
            {
                LayOut(Path.Combine(trees.FullName, tree.Name), tree.Value);
            }

            foreach (JsonElement listing in root.Get("listings")?.EnumerateArray() ?? default)
            {
                string tree = Path.Combine(trees.FullName, listing.Text("tree") ?? "");
                JsonElement args = listing.Get("args") ?? default;
                cases.Add(Compare($"files {listing.Text("function")} {listing.Text("tree")} {(args.ValueKind == JsonValueKind.Object ? OneLine(args) : "")}", listing, () => List(tree, listing, args)));
            }
        }
        finally
        {
            trees.Delete(recursive: true);
        }

        return cases;
    }

    private static string? List(string tree, JsonElement listing, JsonElement args)
    {
        if (args.ValueKind == JsonValueKind.Object && args.EnumerateObject().FirstOrDefault(arg => !s_known.Contains(arg.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            throw new InvalidDataException($"The argument '{unknown.Name}' isn't known to this check.");
        }

        return listing.Text("function") switch
        {
            Flow => ListFlow(tree, listing),
            "image_dataset_from_directory" => ListDataset(tree, listing),
            string function => throw new InvalidDataException($"The function '{function}' isn't known to this check."),
            null => throw new InvalidDataException("The listing names no function."),
        };
    }

    /// <summary>A comparison that gives what differs; where Keras refuses, so must we.</summary>
    private static ParityCase Compare(string name, JsonElement golden, Func<string?> compare) => ParityCase.Run(name, () =>
    {
        try
        {
            string? difference = compare();
            return golden.Get("error") is { } error
                ? new ParityCase(name, false, $"wasn't refused, as Keras does ({error.Text("message")})")
                : new ParityCase(name, difference is null, difference ?? "equal");
        }
        catch (Exception exception) when (exception is ArgumentException or IOException && golden.Get("error") is not null)
        {
            return new ParityCase(name, true, $"refused: {exception.Message}");
        }
    });

    private static void LayOut(string root, JsonElement files)
    {
        foreach (string file in files.EnumerateArray().Select(item => item.GetString()!))
        {
            string path = Path.Combine(root, file);
            Directory.CreateDirectory(file.EndsWith('/') ? path : Path.GetDirectoryName(path)!);
            if (!file.EndsWith('/'))
            {
                File.WriteAllBytes(path, []);
            }
        }
    }

    private static string? ListDataset(string root, JsonElement listing)
    {
        JsonElement args = listing.GetProperty("args");
        var output = new StringWriter { NewLine = "\n" };
        string? subset = args.Text("subset");
        string[]? classNames = Texts(args.Get("class_names"));
        string? labelMode = args.TryGetProperty("label_mode", out JsonElement mode) ? mode.GetString() : "int";
        bool shuffle = args.Get("shuffle")?.GetBoolean() ?? true;
        int[]? labels = args.Get("labels") is { ValueKind: JsonValueKind.Array } given ? [.. given.EnumerateArray().Select(label => label.GetInt32())] : null;
        if (args.TryGetProperty("labels", out JsonElement none) && none.ValueKind == JsonValueKind.Null)
        {
            labelMode = null;
        }

        ImageDirectoryDataset[] datasets;
        if (subset == "both")
        {
            (ImageDirectoryDataset training, ImageDirectoryDataset validation) = Dataset.ImageDatasetsFromDirectory(
                root, args.Number("validation_split")!.Value, labels, labelMode, classNames, shuffle: shuffle, seed: (int?)args.Number("seed"), output: output);
            datasets = [training, validation];
        }
        else
        {
            datasets = [Dataset.ImageDatasetFromDirectory(
                root, labels, labelMode, classNames, shuffle: shuffle, seed: (int?)args.Number("seed"), validationSplit: args.Number("validation_split"), subset: subset, output: output)];
        }

        if (listing.Get("expected") is not { } goldens)
        {
            return "gave a dataset";
        }

        JsonElement[] expected = [.. goldens.EnumerateArray()];
        return Differs("the number of datasets", [$"{expected.Length}"], [$"{datasets.Length}"])
            ?? Differs("stdout", [listing.Text("stdout") ?? ""], [output.ToString()])
            ?? expected.Zip(datasets, (golden, dataset) => CompareDataset(root, golden, dataset, labelMode)).FirstOrDefault(difference => difference is not null);
    }

    private static string? CompareDataset(string root, JsonElement golden, ImageDirectoryDataset dataset, string? labelMode)
    {
        string[] files = [.. dataset.FilePaths.Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))];
        NDArray? targets = TargetEncoding.Of(dataset.Labels, labelMode, dataset.ClassNames.Count);
        return (golden.Get("class_names") is { } names ? Differs("class names", Texts(names)!, dataset.ClassNames) : null)
            ?? Differs("files", Texts(golden.Get("files"))!, files)
            ?? (golden.Get("labels") is { } labels ? Differs("labels", Numbers(labels), Written(targets!)) : null);
    }

    private static string? ListFlow(string root, JsonElement listing)
    {
        JsonElement args = listing.GetProperty("args");
        var output = new StringWriter { NewLine = "\n" };
        ImageDirectoryDataset dataset = Dataset.FlowFromDirectory(
            root,
            classes: Texts(args.Get("classes")),
            shuffle: args.Get("shuffle")?.GetBoolean() ?? true,
            seed: (int?)args.Number("seed"),
            validationSplit: args.Number("validation_split") ?? 0,
            subset: args.Text("subset"),
            output: output);
        if (listing.Get("expected") is not { } expected)
        {
            return "gave a dataset";
        }

        string[] files = [.. dataset.FilePaths.Select(path => Path.GetRelativePath(root, path).Replace('\\', '/'))];
        return Differs("stdout", [listing.Text("stdout") ?? ""], [output.ToString()])
            ?? Differs("class names", [.. expected.GetProperty("class_indices").EnumerateObject().OrderBy(pair => pair.Value.GetInt32()).Select(pair => pair.Name)], dataset.ClassNames)
            ?? Differs("files", Texts(expected.Get("files"))!, files)
            ?? Differs("classes", Numbers(expected.GetProperty("classes")), [.. dataset.Labels.Select(label => $"{label}")]);
    }

    private static string? CompareCategorical(JsonElement golden)
    {
        JsonElement input = golden.GetProperty("input");
        var shape = new List<int>();
        var values = new List<double>();
        Flatten(input, depth: 0, shape, values);

        // An NDArray has at least one dimension: a number alone is an array of one.
        bool isScalar = shape.Count == 0;
        NDArray given = NDArray.From([.. values], isScalar ? [1] : [.. shape]);
        NDArray rows = given.ToCategorical((int?)golden.Number("num_classes"));
        if (golden.Get("expected") is not { } expected)
        {
            return "gave rows";
        }

        var expectedValues = new List<double>();
        Flatten(expected.GetProperty("values"), depth: 0, [], expectedValues);
        return Differs("shape", Numbers(expected.GetProperty("shape")), [.. rows.Shape.Skip(isScalar ? 1 : 0).Select(dimension => $"{dimension}")])
            ?? Differs("type", [expected.Text("dtype")!], [rows.Type == ElementType.Float32 ? "float32" : "another"])
            ?? Differs("values", [.. expectedValues.Select(GoldenJson.Round)], Written(rows));
    }

    private static void Flatten(JsonElement element, int depth, List<int> shape, List<double> values)
    {
        if (element.ValueKind != JsonValueKind.Array)
        {
            values.Add(element.ValueKind switch { JsonValueKind.True => 1, JsonValueKind.False => 0, _ => element.ToNumber() });
            return;
        }

        if (shape.Count == depth)
        {
            shape.Add(element.GetArrayLength());
        }

        foreach (JsonElement item in element.EnumerateArray())
        {
            Flatten(item, depth + 1, shape, values);
        }
    }

    private static string? Differs(string what, IReadOnlyList<string> expected, IReadOnlyList<string> found) =>
        expected.SequenceEqual(found, StringComparer.Ordinal) ? null : $"{what}: expected {string.Join(", ", expected)}; found {string.Join(", ", found)}";

    private static string[]? Texts(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray().Select(item => item.GetString()!)] : null;

    private static string[] Numbers(JsonElement element)
    {
        var values = new List<double>();
        Flatten(element, depth: 0, [], values);
        return [.. values.Select(GoldenJson.Round)];
    }

    private static string OneLine(JsonElement element) => JsonSerializer.Serialize(element, s_oneLine);

    private static string[] Written(NDArray values) => [.. values.ToDoubles().Select(GoldenJson.Round)];
}
