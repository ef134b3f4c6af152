using System.Globalization;
using System.Text.Json;
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

/// <summary>
/// <c>progress.json</c>: what fit, evaluate and predict print, to the character but for times. What is run follows from a
/// run's name and text; the model and the data are those of the goldens' README, D.
/// </summary>
public static partial class ProgressParity
{
    // More than the shortest time between two updates of the screen.
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(70);

    public static IEnumerable<ParityCase> Check(string folder) => KerasParity.WithFile(folder, "progress.json", root =>
    {
        List<ParityCase> cases = [];
        string whole = "";
        foreach (JsonProperty run in root.GetProperty("runs").EnumerateObject())
        {
            // "... with validation_data of 6" goes on from the last one that was told in full.
            string description = run.Value.Text("description") ?? "";
            whole = description.StartsWith("...", StringComparison.Ordinal) ? whole : description;
            ProgressRun setting = ProgressRun.Parse(run.Name, whole, description);
            foreach (JsonProperty text in (run.Value.Get("tf_keras") ?? default) is { ValueKind: JsonValueKind.Object } texts ? texts.EnumerateObject() : default)
            {
                string title = $"progress.json {run.Name} {text.Name}";
                cases.Add(ParityCase.Run(title, () => Check(title, setting, text.Value.GetString() ?? "")));
            }
        }

        return cases;
    });

    private static ParityCase Check(string title, ProgressRun setting, string keras)
    {
        string own = Run(setting, keras, s_delay);
        IReadOnlyList<string> expected = ProgressText.Pieces(keras);
        IReadOnlyList<string> observed = ProgressText.Pieces(own);
        if (HasDelays(setting.Name))
        {
            return expected.SequenceEqual(observed)
                ? new ParityCase(title, true, $"{own.Length} characters")
                : new ParityCase(title, false, FirstDifference(expected, observed));
        }

        // Which steps are shown depends on the time that they take: Keras's and ours are selections of all.
        IReadOnlyList<string> fast = ProgressText.Pieces(Run(setting, keras, TimeSpan.Zero));
        bool passed = ProgressText.IsSelectionOf(expected, observed) && ProgressText.IsSelectionOf(fast, observed);
        return new ParityCase(title, passed, passed ? "updates are a selection of all" : FirstDifference(expected, fast));
    }

    private static bool HasDelays(string name) => !name.EndsWith("_fast", StringComparison.Ordinal) && !name.Contains("early_stopping", StringComparison.Ordinal);

    private static string FirstDifference(IReadOnlyList<string> expected, IReadOnlyList<string> observed)
    {
        int i = expected.Zip(observed).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"piece {i} is {JsonSerializer.Serialize(observed.ElementAtOrDefault(i))}, Keras {JsonSerializer.Serialize(expected.ElementAtOrDefault(i))}";
    }

    private static string Run(ProgressRun setting, string keras, TimeSpan delay)
    {
        var clock = new ManualClock();
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var model = new Sequential { new Dense(2, inputShape: [3]) };
        model.Execution = new ExecutionOptions { Device = "cpu" };
        model.Compile(new SGD(0.1), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
        model.SetWeights([NDArray.From([.3f, -.2f, .1f, .4f, -.5f, .2f], 3, 2), NDArray.From([.1f, -.1f], 2)]);
        model.Output = output;
        model.Clock = clock;

        // What a description leaves out shows on the screen.
        int batchSize = setting.BatchSize ?? 4;
        int steps = Target().Match(keras) is { Success: true } target ? int.Parse(target.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 5;
        (NDArray x, NDArray y) = Samples(setting.Samples is { } told && (told + batchSize - 1) / batchSize == steps ? told : steps * batchSize);
        List<Callback> callbacks = [new Delay(clock, delay), .. setting.Callbacks];
        if (setting.Name.StartsWith("evaluate", StringComparison.Ordinal))
        {
            model.Evaluate(x, y, batchSize, setting.Verbose, callbacks: callbacks);
            return output.ToString();
        }

        if (setting.Name.StartsWith("predict", StringComparison.Ordinal))
        {
            model.Predict(x, batchSize, setting.Verbose, callbacks: callbacks);
            return output.ToString();
        }

        int epochs = Epochs().Match(keras) is { Success: true } all ? int.Parse(all.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 1;
        ValidationData? validation = keras.Contains("val_loss", StringComparison.Ordinal) ? Validation(setting.ValidationSamples) : null;
        if (setting.Name.Contains("unknown_length", StringComparison.Ordinal))
        {
            model.Fit(new UnknownLength(Dataset.FromTensorSlices(x, y).Batch(batchSize)), epochs, setting.Verbose, callbacks, validation, validationFreq: setting.ValidationFrequency);
        }
        else
        {
            model.Fit(
                x, y, batchSize, epochs, setting.Verbose, callbacks,
                validationData: validation, shuffle: false, validationFreq: setting.ValidationFrequency, validationBatchSize: batchSize);
        }

        return output.ToString();
    }

    /// <summary>The 20 samples, or some of them; for more, the first four over and over, each as often.</summary>
    private static (NDArray X, NDArray Y) Samples(int count)
    {
        int[] rows = [.. Enumerable.Range(0, count).Select(i => count <= 20 ? i : i / ((count + 3) / 4))];
        return (AllRows().Rows(rows), NDArray.From([.. rows.Select(row => row % 2)], count));
    }

    /// <summary>Every second sample, the first of these.</summary>
    private static ValidationData Validation(int count) =>
        (AllRows().Rows([.. Enumerable.Range(0, count).Select(i => 2 * i)]), NDArray.From([.. Enumerable.Range(0, count).Select(i => i % 2)], count));

    private static NDArray AllRows() => NDArray.From([.. Enumerable.Range(0, 60).Select(i => (float)(-1 + (2.0 * i / 59)))], 20, 3);

    /// <summary>Lets time go by in each step.</summary>
    private sealed class Delay(ManualClock clock, TimeSpan time) : Callback
    {
        public override void OnTrainBatchBegin(int batch, Logs logs) => clock.Advance(time);

        public override void OnTestBatchBegin(int batch, Logs logs) => clock.Advance(time);

        public override void OnPredictBatchBegin(int batch, Logs logs) => clock.Advance(time);
    }

    private sealed class UnknownLength(Dataset inner) : Dataset
    {
        public override int? Cardinality => null;

        public override IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default) => inner.Read(pass, skip, cancellationToken);
    }

    [GeneratedRegex("[0-9]+/([0-9]+) [[-]")]
    private static partial Regex Target();

    [GeneratedRegex("Epoch 1/([0-9]+)")]
    private static partial Regex Epochs();
}
