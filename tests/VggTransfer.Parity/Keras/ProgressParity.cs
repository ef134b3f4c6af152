using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;

namespace VggTransfer.Parity.Keras;

/// <summary>
/// <c>progress.json</c>: what fit, evaluate and predict print, to the character but for times. What is run follows from a
/// run's name and text; the model and the data are those of the goldens' README, D.
/// </summary>
public static partial class ProgressParity
{
    private const int BatchSize = 4;

    // More than the shortest time between two updates of the screen.
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(70);

    public static IEnumerable<ParityCase> Check(string folder)
    {
        string path = Path.Combine(folder, "progress.json");
        if (!File.Exists(path))
        {
            return [];
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty("runs").EnumerateObject().SelectMany(run => Check(run.Name, run.Value.GetProperty("tf_keras")))];
    }

    private static IEnumerable<ParityCase> Check(string name, JsonElement texts)
    {
        foreach (JsonProperty text in texts.EnumerateObject())
        {
            string keras = text.Value.GetString()!;
            string title = $"progress.json {name} {text.Name}";
            string own = Run(name, keras, s_delay);
            IReadOnlyList<string> expected = ProgressText.Pieces(keras);
            IReadOnlyList<string> observed = ProgressText.Pieces(own);
            if (HasDelays(name))
            {
                yield return expected.SequenceEqual(observed)
                    ? new ParityCase(title, true, $"{own.Length} characters")
                    : new ParityCase(title, false, FirstDifference(expected, observed));
            }
            else
            {
                // Which steps are shown depends on the time that they take: Keras's and ours are selections of all.
                IReadOnlyList<string> fast = ProgressText.Pieces(Run(name, keras, TimeSpan.Zero));
                bool passed = ProgressText.IsSelectionOf(expected, observed) && ProgressText.IsSelectionOf(fast, observed);
                yield return new ParityCase(title, passed, passed ? "updates are a selection of all" : FirstDifference(expected, fast));
            }
        }
    }

    private static bool HasDelays(string name) => !name.EndsWith("_fast", StringComparison.Ordinal) && !name.Contains("early_stopping", StringComparison.Ordinal);

    private static string FirstDifference(IReadOnlyList<string> expected, IReadOnlyList<string> observed)
    {
        int i = expected.Zip(observed).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"piece {i} is {JsonSerializer.Serialize(observed.ElementAtOrDefault(i))}, Keras {JsonSerializer.Serialize(expected.ElementAtOrDefault(i))}";
    }

    private static string Run(string name, string keras, TimeSpan delay)
    {
        var clock = new ManualClock();
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        using var model = new Sequential { new Dense(2, inputShape: [3]) };
        model.Execution = new ExecutionOptions { Device = "cpu" };
        model.Compile(new SGD(0.1), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
        model.SetWeights([NDArray.From([.3f, -.2f, .1f, .4f, -.5f, .2f], 3, 2), NDArray.From([.1f, -.1f], 2)]);
        model.Output = output;
        model.Clock = clock;

        Verbosity verbose = VerboseLevel().Match(name) is { Success: true } level ? (Verbosity)(level.Groups[1].Value[0] - '0') : Verbosity.ProgressBar;
        (NDArray x, NDArray y) = Samples(Target().Match(keras) is { Success: true } target ? int.Parse(target.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 5);
        List<Callback> callbacks = [new Delay(clock, delay)];
        if (name.Contains("lr_scheduler", StringComparison.Ordinal))
        {
            callbacks.Add(new LearningRateScheduler(epoch => epoch == 0 ? 0.1 : 0.01));
        }

        if (name.Contains("early_stopping", StringComparison.Ordinal))
        {
            callbacks.Add(new EarlyStopping(patience: 0, minDelta: 10, verbose: 1));
            callbacks.Add(new ReduceLROnPlateau(patience: 1, minDelta: 10, verbose: 1));
        }

        if (name.StartsWith("evaluate", StringComparison.Ordinal))
        {
            model.Evaluate(x, y, BatchSize, verbose, callbacks: callbacks);
            return output.ToString();
        }

        if (name.StartsWith("predict", StringComparison.Ordinal))
        {
            model.Predict(x, BatchSize, verbose, callbacks: callbacks);
            return output.ToString();
        }

        int epochs = Epochs().Match(keras) is { Success: true } all ? int.Parse(all.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 1;
        ValidationData? validation = keras.Contains("val_loss", StringComparison.Ordinal) ? Validation() : null;
        int frequency = Frequency().Match(name) is { Success: true } freq ? freq.Groups[1].Value[0] - '0' : 1;
        if (name.Contains("unknown_length", StringComparison.Ordinal))
        {
            model.Fit(new UnknownLength(Dataset.FromTensorSlices(x, y).Batch(BatchSize)), epochs, verbose, callbacks, validation, validationFreq: frequency);
        }
        else
        {
            model.Fit(x, y, BatchSize, epochs, verbose, callbacks, validationData: validation, shuffle: false, validationFreq: frequency, validationBatchSize: BatchSize);
        }

        return output.ToString();
    }

    /// <summary>20 samples; for more steps, single rows of them over and over.</summary>
    private static (NDArray X, NDArray Y) Samples(int steps)
    {
        int count = steps * BatchSize;
        int[] rows = [.. Enumerable.Range(0, count).Select(i => steps <= 5 ? i : i / 12)];
        return (AllRows().Rows(rows), NDArray.From([.. rows.Select(row => row % 2)], count));
    }

    /// <summary>Every second sample, the first 6 of these.</summary>
    private static ValidationData Validation() => (AllRows().Rows([0, 2, 4, 6, 8, 10]), NDArray.From([0, 1, 0, 1, 0, 1], 6));

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

    [GeneratedRegex("verbose([0-2])")]
    private static partial Regex VerboseLevel();

    [GeneratedRegex("[0-9]+/([0-9]+) [[-]")]
    private static partial Regex Target();

    [GeneratedRegex("Epoch 1/([0-9]+)")]
    private static partial Regex Epochs();

    [GeneratedRegex("freq([0-9])")]
    private static partial Regex Frequency();
}
