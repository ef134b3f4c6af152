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

/// <summary><c>fit.json</c>: which samples <c>Fit</c> trains and validates on, its epochs, History keys and calls.</summary>
public static class FitParity
{
    // Validation samples are told from the others by it.
    private const int FirstValidationSample = 100;

    private static readonly string[] s_arguments =
    [
        "epochs", "batch_size", "shuffle", "initial_epoch", "steps_per_epoch",
        "validation_samples", "validation_split", "validation_freq", "validation_steps", "validation_batch_size",
    ];

    public static IEnumerable<ParityCase> Check(string folder) => KerasParity.CasesOf(folder, "fit.json", Check);

    private static ParityCase Check(JsonElement golden, string name)
    {
        JsonElement arguments = golden.GetProperty("fit_args");
        if (arguments.EnumerateObject().FirstOrDefault(argument => !s_arguments.Contains(argument.Name)) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            return new ParityCase(name, false, $"the argument '{unknown.Name}' isn't known to this check");
        }

        Exception? thrown = null;
        JsonObject? observed = null;
        try
        {
            observed = Run(golden, arguments);
        }
        catch (ArgumentException exception)
        {
            thrown = exception;
        }

        string? difference = golden.Get("error") is not null
            ? thrown is null ? "nothing was thrown, and Keras refuses it" : null
            : thrown is not null ? $"'{thrown.Message}' was thrown" : GoldenDifference.Find(golden.GetProperty("expected"), observed);
        return new ParityCase(name, difference is null, difference ?? "batches, epochs, history, calls and warnings are the same");
    }

    private static JsonObject Run(JsonElement golden, JsonElement arguments)
    {
        using var model = new Sequential { new Dense(2, inputShape: [1]) };
        model.Execution = new ExecutionOptions { Device = "cpu" };
        model.Compile(new SGD(0.0), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
        RecordingNetwork network = RecordingNetwork.Of(model);
        var warnings = new List<string>();
        model.Warning = warnings.Add;
        var calls = new CallRecorder();

        (NDArray x, NDArray y) = Samples(0, Integer(golden, "samples") ?? throw new InvalidDataException("The case has no number of samples."));
        ValidationData? validation = Integer(arguments, "validation_samples") is { } samples ? Samples(FirstValidationSample, samples) : null;
        ValidationFrequency frequency = arguments.Get("validation_freq") switch
        {
            { ValueKind: JsonValueKind.Array } list => ValidationFrequency.After([.. list.EnumerateArray().Select(epoch => epoch.GetInt32())]),
            { } number => number.GetInt32(),
            null => default,
        };
        bool shuffle = arguments.Get("shuffle")?.GetBoolean() ?? true;
        History history = golden.Get("dataset") is { } dataset
            ? model.Fit(
                CreateDataset(dataset, x, y),
                epochs: Integer(arguments, "epochs") ?? 1,
                verbose: Verbosity.Silent,
                callbacks: [calls],
                validationData: validation,
                initialEpoch: Integer(arguments, "initial_epoch") ?? 0,
                stepsPerEpoch: Integer(arguments, "steps_per_epoch"),
                validationSteps: Integer(arguments, "validation_steps"),
                validationBatchSize: Integer(arguments, "validation_batch_size"),
                validationFreq: frequency)
            : model.Fit(
                x,
                y,
                batchSize: Integer(arguments, "batch_size"),
                epochs: Integer(arguments, "epochs") ?? 1,
                verbose: Verbosity.Silent,
                callbacks: [calls],
                validationSplit: arguments.Number("validation_split") ?? 0,
                validationData: validation,
                shuffle: shuffle,
                initialEpoch: Integer(arguments, "initial_epoch") ?? 0,
                stepsPerEpoch: Integer(arguments, "steps_per_epoch"),
                validationSteps: Integer(arguments, "validation_steps"),
                validationBatchSize: Integer(arguments, "validation_batch_size"),
                validationFreq: frequency);
        return new JsonObject
        {
            ["epoch"] = GoldenDifference.Numbers(history.Epochs.Select(epoch => (double)epoch)),
            ["history_keys"] = GoldenDifference.Texts(history.Keys),
            ["history_lengths"] = new JsonObject(history.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value.Count))),
            ["train_batches"] = shuffle && golden.Get("dataset") is null ? GoldenDifference.Numbers(network.Trained.Select(batch => (double)batch.Length)) : Batches(network.Trained),
            ["validation_batches"] = Batches(network.Tested),
            ["params"] = new JsonObject
            {
                ["verbose"] = (int)calls.Parameters.Verbose,
                ["epochs"] = calls.Parameters.Epochs,
                ["steps"] = calls.Parameters.Steps,
            },
            ["calls"] = GoldenDifference.Texts(calls.Calls),
            ["warnings"] = GoldenDifference.Texts(warnings),
        };
    }

    private static Dataset CreateDataset(JsonElement golden, NDArray x, NDArray y)
    {
        if (golden.EnumerateObject().FirstOrDefault(member => member.Name is not ("batch" or "repeat" or "drop_remainder")) is { Value.ValueKind: not JsonValueKind.Undefined } unknown)
        {
            throw new InvalidDataException($"A dataset's '{unknown.Name}' isn't known to this check.");
        }

        int size = Integer(golden, "batch") ?? throw new InvalidDataException("The dataset has no batch size.");
        Dataset dataset = Dataset.FromTensorSlices(x, y).Batch(size, golden.Get("drop_remainder")?.GetBoolean() ?? false);
        return golden.Get("repeat") switch
        {
            { ValueKind: JsonValueKind.True } => dataset.Repeat(),
            { ValueKind: JsonValueKind.Number } count => dataset.Repeat(count.GetInt32()),
            _ => dataset,
        };
    }

    private static (NDArray X, NDArray Y) Samples(int first, int count) =>
        (NDArray.From([.. Enumerable.Range(first, count).Select(i => (float)i)], count, 1), NDArray.From([.. Enumerable.Range(first, count).Select(i => i % 2)], count));

    private static int? Integer(JsonElement arguments, string name) => (int?)arguments.Number(name);

    private static JsonArray Batches(IEnumerable<double[]> batches) => [.. batches.Select(GoldenDifference.Numbers)];

    /// <summary>The calls in order, as the golden names them.</summary>
    private sealed class CallRecorder : Callback
    {
        public List<string> Calls { get; } = [];

        public override void OnTrainBegin(Logs logs) => Calls.Add("train_begin");

        public override void OnTrainEnd(Logs logs) => Calls.Add($"train_end {Keys(logs)}");

        public override void OnEpochBegin(int epoch, Logs logs) => Calls.Add($"epoch_begin {epoch}");

        public override void OnEpochEnd(int epoch, Logs logs) => Calls.Add($"epoch_end {epoch} {Keys(logs)}");

        public override void OnTrainBatchBegin(int batch, Logs logs) => Calls.Add($"train_batch_begin {batch}");

        public override void OnTrainBatchEnd(int batch, Logs logs) => Calls.Add($"train_batch_end {batch} {Keys(logs)}");

        public override void OnTestBegin(Logs logs) => Calls.Add("test_begin");

        public override void OnTestEnd(Logs logs) => Calls.Add($"test_end {Keys(logs)}");

        public override void OnTestBatchEnd(int batch, Logs logs) => Calls.Add($"test_batch_end {batch}");

        private static string Keys(Logs logs) => string.Join(",", logs.Keys);
    }
}
