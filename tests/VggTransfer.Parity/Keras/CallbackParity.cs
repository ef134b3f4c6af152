using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
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
public static partial class CallbackParity
{
    public static IEnumerable<ParityCase> Check(string folder) => KerasParity.CasesOf(folder, "callbacks.json", Check);

    private static ParityCase Check(JsonElement golden, string name)
    {
        string folder = Directory.CreateTempSubdirectory("callback-parity-").FullName;
        try
        {
            string? difference = Difference(golden, folder);
            return new ParityCase(name, difference is null, difference ?? "the same");
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

        if (golden.Text("callback") == nameof(LearningRateScheduler) && ReturnsAnInt(Formula(golden)))
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

    private static string Formula(JsonElement golden) =>
        golden.Text("formula") ?? golden.Text("schedule") ?? golden.Get("args")?.Text("schedule") ?? throw new InvalidDataException("The case has no formula of its schedule.");

    private static bool ReturnsAnInt(string formula) => formula.StartsWith("returns the int", StringComparison.Ordinal) || ScheduleExpression.Parse(formula).At(0, 0.01).IsInteger;

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
            [GoldenCallbacks.Scheduler(Formula(golden), (int)(golden.Get("args")?.Number("verbose") ?? 0))],
            golden.Get("logs") is { } logs ? new CallbackScript(logs) : new CallbackScript((int)(golden.Number("epochs") ?? throw new InvalidDataException("The case has neither logs nor epochs.")), loss: 1)),
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
        History history = Fit();
        for (int run = 1; run < Runs(golden); run++)
        {
            history = Fit();
        }

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

        History Fit() => model.Fit(
            x, y, batchSize: 1, epochs: script.Epochs, verbose: Verbosity.Silent, callbacks: [script, .. callbacks, recorder], initialEpoch: (int)(golden.Number("initial_epoch") ?? 0));
    }

    private static int Runs(JsonElement golden) => Math.Max(1, (int)(golden.Number("runs") ?? 1));

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
        for (int run = 0; run < Runs(golden); run++)
        {
            using Sequential model = CreateModel(0.01);
            (NDArray x, NDArray y) = Samples(1);
            var script = new CallbackScript(golden.GetProperty("logs"));
            model.Fit(x, y, epochs: script.Epochs, verbose: Verbosity.Silent, callbacks: [script, GoldenCallbacks.Create("CSVLogger", arguments)]);
        }

        return new JsonObject { ["file_text"] = File.ReadAllText(file) };
    }

    /// <summary>Batches of samples of which some aren't finite, as the description has it: <c>12 samples, batch 4, 3 epochs, ...; sample 5 is NaN</c>.</summary>
    private static JsonObject RunWithNaN(JsonElement golden)
    {
        string description = golden.Text("description") ?? throw new InvalidDataException("The case has no description.");
        float[] values = [.. Enumerable.Repeat(1f, Count(golden, "samples", SampleCount(), description))];
        foreach (Match match in NonFinite().Matches(description))
        {
            foreach (Match index in Digits().Matches(match.Groups[1].Value))
            {
                int sample = int.Parse(index.ValueSpan, CultureInfo.InvariantCulture);
                values[sample < values.Length ? sample : throw new InvalidDataException($"There is no sample {sample} among {values.Length}.")] = match.Groups[2].Value switch
                {
                    "NaN" or "nan" => float.NaN,
                    ['-', ..] => float.NegativeInfinity,
                    _ => float.PositiveInfinity,
                };
            }
        }

        using Sequential model = CreateModel(0.01);
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        model.Output = output;
        var recorder = new CallbackRecorder();
        (NDArray x, NDArray y) = Samples(values);
        ValidationData? validation = description.Contains("no validation", StringComparison.Ordinal) || !description.Contains("validation", StringComparison.Ordinal) ? null : (x, y);
        History history = model.Fit(
            x,
            y,
            Count(golden, "batch_size", BatchSize(), description),
            Count(golden, "epochs", EpochCount(), description),
            Verbosity.Silent,
            [new TerminateOnNaN(), recorder],
            shuffle: false,
            validationData: validation);
        return new JsonObject
        {
            ["batches_seen"] = GoldenDifference.Numbers(recorder.Batches.Select(batch => (double)batch)),
            ["epochs_run"] = GoldenDifference.Numbers(history.Epochs.Select(epoch => (double)epoch)),
            ["history_keys"] = GoldenDifference.Texts(history.Keys),
            ["history"] = Figures(history),
            ["stdout"] = output.ToString(),
        };
    }

    private static int Count(JsonElement golden, string name, Regex inDescription, string description) =>
        (int?)golden.Number(name) ?? (inDescription.Match(description) is { Success: true } count
            ? int.Parse(count.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : throw new InvalidDataException($"The case has no '{name}', and '{description}' doesn't say it."));

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

    [GeneratedRegex("([0-9]+) samples")]
    private static partial Regex SampleCount();

    [GeneratedRegex("batch(?:es of| size| of)? ([0-9]+)")]
    private static partial Regex BatchSize();

    [GeneratedRegex("([0-9]+) epochs?")]
    private static partial Regex EpochCount();

    [GeneratedRegex("samples? ([0-9]+(?:(?:, | and )[0-9]+)*) (?:is|are) (NaN|nan|-?[Ii]nf(?:inity)?)")]
    private static partial Regex NonFinite();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
