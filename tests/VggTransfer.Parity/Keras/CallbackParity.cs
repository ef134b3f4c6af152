using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Parity.Images;
using VggTransfer.Training;

namespace VggTransfer.Parity.Keras;

/// <summary><c>callbacks.json</c>: what callbacks decide, print, warn of, write and raise, in a real <c>Fit</c> of one weight.</summary>
public static class CallbackParity
{
    public static IEnumerable<ParityCase> Check(string folder)
    {
        string path = Path.Combine(folder, "callbacks.json");
        if (!File.Exists(path))
        {
            return [];
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(Check)];
    }

    private static ParityCase Check(JsonElement golden)
    {
        string name = $"callbacks.json {golden.Text("name")}";
        string folder = Directory.CreateTempSubdirectory("callback-parity-").FullName;
        try
        {
            string? difference = Difference(golden, folder);
            return new ParityCase(name, difference is null, difference ?? "the same");
        }
        catch (InvalidDataException exception)
        {
            return new ParityCase(name, false, exception.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? Difference(JsonElement golden, string folder)
    {
        if (golden.Get("error") is not { } error)
        {
            return GoldenDifference.Find(Comparable(golden.GetProperty("expected")), Run(golden, folder));
        }

        if (golden.Text("formula")?.StartsWith("returns the int", StringComparison.Ordinal) == true)
        {
            // Refused by the compiler: the functions that a schedule may be give nothing but a double.
            return typeof(LearningRateScheduler).GetConstructors().All(constructor => constructor.GetParameters()[0].ParameterType.GenericTypeArguments[^1] == typeof(double))
                ? null
                : "a schedule may give something else than a double";
        }

        try
        {
            Run(golden, folder);
        }
        catch (Exception exception) when (exception is ArgumentException or KeyNotFoundException)
        {
            return GoldenError.Difference(error, exception, folder);
        }

        return GoldenError.Difference(error, null, folder);
    }

    /// <summary>The golden without the warning that goes by the speed of the machine.</summary>
    private static JsonElement Comparable(JsonElement expected)
    {
        JsonObject copy = JsonSerializer.Deserialize<JsonObject>(expected)!;
        if (copy["warnings"] is JsonArray warnings)
        {
            copy["warnings"] = GoldenDifference.Texts(warnings.Select(warning => warning!.GetValue<string>()).Where(warning => !warning.StartsWith("Callback method `", StringComparison.Ordinal)));
        }

        return JsonSerializer.SerializeToElement(copy);
    }

    private static JsonObject Run(JsonElement golden, string folder) => golden.Text("callback") switch
    {
        "TerminateOnNaN" => RunWithNaN(golden),
        "CSVLogger" => RunLogger(golden, folder),
        "combined" => RunCombined(golden, folder),
        "LearningRateScheduler" => RunScripted(
            golden,
            folder,
            [GoldenCallbacks.Scheduler(golden.Text("formula")!, (int)(golden.GetProperty("args").Number("verbose") ?? 0))],
            new CallbackScript(golden.GetProperty("epochs").GetInt32(), loss: 1)),
        string type => RunScripted(golden, folder, [GoldenCallbacks.Create(type, ArgumentsIn(golden, folder))], new CallbackScript(golden.GetProperty("logs"))),
        null => throw new InvalidDataException("The case names no callback."),
    };

    private static Dictionary<string, object> ArgumentsIn(JsonElement golden, string folder)
    {
        Dictionary<string, object> arguments = GoldenCallbacks.Arguments(golden.GetProperty("args"));
        if (arguments.TryGetValue("filepath", out object? path))
        {
            arguments["filepath"] = Path.Combine(folder, (string)path);
        }

        return arguments;
    }

    private static JsonObject RunScripted(JsonElement golden, string folder, IReadOnlyList<Callback> callbacks, CallbackScript script)
    {
        using Sequential model = CreateModel(golden.Number("initial_lr") ?? 0.01);
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        var warnings = new List<string>();
        model.Output = output;
        model.Warning = warnings.Add;
        var recorder = new CallbackRecorder(folder);
        int steps = (int)(golden.Number("steps_per_epoch") ?? 1);
        (NDArray x, NDArray y) = Samples([.. Enumerable.Repeat(1f, steps)]);
        History history = model.Fit(x, y, batchSize: 1, epochs: script.Epochs, verbose: Verbosity.Silent, callbacks: [script, .. callbacks, recorder], initialEpoch: (int)(golden.Number("initial_epoch") ?? 0));

        // Keras was given paths without a folder.
        string prefix = folder + Path.DirectorySeparatorChar;
        var observed = new JsonObject
        {
            ["epochs_run"] = GoldenDifference.Numbers(history.Epochs.Select(epoch => (double)epoch)),
            ["final_weight"] = model.GetWeight(model.WeightNames[0]).ToDoubles()[0],
            ["stdout"] = output.ToString().Replace(prefix, "", StringComparison.Ordinal),
            ["warnings"] = GoldenDifference.Texts(warnings),
            ["history"] = Figures(history),
            ["stopped"] = model.StopTraining,
            ["lr_at_begin"] = GoldenDifference.Numbers(recorder.RatesAtBegin),
            ["lr_at_end"] = GoldenDifference.Numbers(recorder.RatesAtEnd),
            ["per_epoch"] = recorder.Epochs,
        };
        Describe(callbacks[0], observed);
        if (callbacks[0] is ModelCheckpoint)
        {
            observed["weight_in_file"] = WeightsIn(folder, golden);
        }

        return observed;
    }

    private static void Describe(Callback callback, JsonObject observed)
    {
        switch (callback)
        {
            case EarlyStopping stopping:
                observed["stopped_epoch"] = stopping.StoppedEpoch;
                observed["best_epoch"] = stopping.BestEpoch;
                observed["best"] = GoldenDifference.Number(stopping.Best);
                observed["wait"] = stopping.Wait;
                break;
            case ReduceLROnPlateau plateau:
                observed["best"] = GoldenDifference.Number(plateau.Best);
                observed["wait"] = plateau.Wait;
                observed["cooldown_counter"] = plateau.CooldownCounter;
                break;
            case ModelCheckpoint checkpoint:
                observed["best"] = GoldenDifference.Number(checkpoint.Best);
                break;
        }
    }

    private static JsonObject WeightsIn(string folder, JsonElement golden)
    {
        bool weightsOnly = golden.Get("args")?.Get("save_weights_only")?.GetBoolean() ?? false;
        var weights = new JsonObject();
        foreach (string file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            using Model model = weightsOnly ? CreateModel(0.01) : Model.Load(file, compile: false, new ExecutionOptions { Device = "cpu" });
            if (weightsOnly)
            {
                model.LoadWeights(file);
            }

            weights[Path.GetFileName(file)] = model.GetWeight(model.WeightNames[0]).ToDoubles()[0];
        }

        return weights;
    }

    private static JsonObject RunCombined(JsonElement golden, string folder)
    {
        string file = Path.Combine(folder, "log.csv");
        JsonObject observed = RunScripted(golden, folder, GoldenCallbacks.List(golden.Text("description")!, file), new CallbackScript(golden.GetProperty("logs")));
        observed["file_text"] = File.Exists(file) ? File.ReadAllText(file) : null;
        return observed;
    }

    private static JsonObject RunLogger(JsonElement golden, string folder)
    {
        string file = Path.Combine(folder, "log.csv");
        if (golden.Text("existing_file_text") is { } text)
        {
            File.WriteAllText(file, text);
        }

        Dictionary<string, object> arguments = GoldenCallbacks.Arguments(golden.GetProperty("args"));
        arguments["filename"] = file;
        for (int run = 0; run < (golden.Number("runs") ?? 1); run++)
        {
            using Sequential model = CreateModel(0.01);
            (NDArray x, NDArray y) = Samples(1);
            var script = new CallbackScript(golden.GetProperty("logs"));
            model.Fit(x, y, epochs: script.Epochs, verbose: Verbosity.Silent, callbacks: [script, GoldenCallbacks.Create("CSVLogger", arguments)]);
        }

        return new JsonObject { ["file_text"] = File.ReadAllText(file) };
    }

    /// <summary>12 samples in steps of 4, one of which is NaN; 3 epochs, with validation.</summary>
    private static JsonObject RunWithNaN(JsonElement golden)
    {
        string description = golden.Text("description")!;
        float[] values = [.. Enumerable.Repeat(1f, 12)];
        values[int.Parse(description.Split("sample ")[1].Split(' ')[0], CultureInfo.InvariantCulture)] = float.NaN;
        using Sequential model = CreateModel(0.01);
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        model.Output = output;
        var recorder = new CallbackRecorder();
        (NDArray x, NDArray y) = Samples(values);
        History history = model.Fit(x, y, batchSize: 4, epochs: 3, verbose: Verbosity.Silent, callbacks: [new TerminateOnNaN(), recorder], shuffle: false, validationData: (x, y));
        return new JsonObject
        {
            ["batches_seen"] = GoldenDifference.Numbers(recorder.Batches.Select(batch => (double)batch)),
            ["epochs_run"] = GoldenDifference.Numbers(history.Epochs.Select(epoch => (double)epoch)),
            ["history_keys"] = GoldenDifference.Texts(history.Keys),
            ["history"] = Figures(history),
            ["stdout"] = output.ToString(),
        };
    }

    private static JsonObject Figures(History history) => new(history.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)GoldenDifference.Numbers(pair.Value))));

    private static Sequential CreateModel(double learningRate)
    {
        var model = new Sequential { new Dense(1, useBias: false, inputShape: [1]) };
        model.Execution = new ExecutionOptions { Device = "cpu" };
        model.Compile(new SGD(learningRate), new BinaryCrossentropy(fromLogits: true));
        return model;
    }

    private static (NDArray X, NDArray Y) Samples(params float[] values) =>
        (NDArray.From(values, values.Length, 1), NDArray.From([.. values.Select(_ => 1)], values.Length, 1));
}
