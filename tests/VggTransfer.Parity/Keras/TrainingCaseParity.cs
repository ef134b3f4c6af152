using System.Globalization;
using System.Text.Json;
using VggTransfer.Parity.Images;
using VggTransfer.Training;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Parity.Keras;

/// <summary>
/// Trains the goldens' networks and compares every step with Keras's. In float32 a loss may differ by 10 times what Keras's
/// own float32 run differs from its float64 run (at least 1e-5), what 1, 10 and 20 steps changed in the weights by 10 times
/// that (at least 1e-3); gradients and slots, where one ReLU that falls on the other side of 0 shows at once, by 10 times
/// that (at least 1e-2). In float64 see <see cref="DoubleTolerance"/>.
/// </summary>
public static class TrainingCaseParity
{
    /// <summary>What a float64 run may differ by, relatively, in anything: losses, gradients, weights, slots.</summary>
    public const double DoubleTolerance = 1e-9;

    private const double SmallestLossTolerance = 1e-5;
    private const double SmallestUpdateTolerance = 1e-3;
    private const double SmallestTensorTolerance = 1e-2;
    private const double SingleTensorFactor = 10;
    private const double Factor = 10;

    public static IEnumerable<ParityCase> Check(string folder) =>
        Names(folder).SelectMany(name => ParityCase.RunAll($"cases/{name}", () => CheckCase(folder, name)));

    /// <summary>The names of the cases in a folder.</summary>
    public static IReadOnlyList<string> Names(string folder)
    {
        string cases = Path.Combine(folder, "cases");
        return Directory.Exists(cases)
            ? [.. Directory.GetFiles(cases, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => name != "index").Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Runs a case in both precisions.</summary>
    public static IEnumerable<ParityCase> CheckCase(string folder, string name)
    {
        using JsonDocument golden = GoldenJson.Read(Path.Combine(folder, "cases", name + ".json"));
        JsonElement root = golden.RootElement;
        using var samples = SafetensorsFile.Open(Path.Combine(folder, "cases", name + ".safetensors"));
        using var initial = SafetensorsFile.Open(Path.Combine(folder, root.Text("init_file") ?? throw new InvalidDataException($"The case {name} names no init_file.")));
        GoldenBatches batches = GoldenBatches.Open(folder);
        List<ParityCase> cases = [];
        foreach (Precision precision in (Precision[])[Precision.Float32, Precision.Float64])
        {
            string title = $"cases/{name} {(precision == Precision.Float64 ? "float64" : "float32")}";
            cases.Add(ParityCase.Run(title, () => new Comparison(root, samples, initial, TrainingRun.Of(root, initial, batches, precision), precision).ToCase(title)));
        }

        return cases;
    }

    /// <summary>A run beside its golden.</summary>
    private sealed class Comparison
    {
        private readonly JsonElement _golden;
        private readonly JsonElement _keras;
        private readonly SafetensorsFile _samples;
        private readonly SafetensorsFile _initial;
        private readonly TrainingRun _run;
        private readonly bool _double;
        private readonly List<string> _differences = [];
        private readonly List<string> _faults = [];

        public Comparison(JsonElement golden, SafetensorsFile samples, SafetensorsFile initial, TrainingRun run, Precision precision)
        {
            _golden = golden;
            _keras = golden.Get("float32_against_float64") ?? default;
            _samples = samples;
            _initial = initial;
            _run = run;
            _double = precision == Precision.Float64;
            CheckSteps();
            CheckHistory();
            CheckTensors();
            CheckUpdates();
        }

        public ParityCase ToCase(string name) => new(name, _faults.Count == 0, string.Join(", ", _differences) + (_faults.Count == 0 ? "" : $": {string.Join("; ", _faults)}"));

        private void CheckSteps()
        {
            JsonElement[] steps = [.. _golden.GetProperty("float64").GetProperty("steps").EnumerateArray()];
            double[] own = OwnLosses();
            if (steps.Length != _run.Steps.Count)
            {
                _faults.Add($"{_run.Steps.Count} steps instead of {steps.Length}");
                return;
            }

            double loss = 0, running = 0, penalty = 0, accuracy = 0, rate = 0;
            foreach ((int i, JsonElement step) in steps.Index())
            {
                StepFigures figures = _run.Steps[i];
                loss = Math.Max(loss, Within(Relative(figures.Loss, step.Number("loss")), own.ElementAtOrDefault(i), $"the loss of step {i + 1}"));
                running = Math.Max(running, Within(Relative(figures.RunningLoss, step.Number("running_loss")), _keras.Number("running_loss_max_rel") ?? 0, $"the running loss of step {i + 1}"));
                penalty = Math.Max(penalty, Within(Relative(figures.RegularizationLoss, step.Number("regularization_loss")), own.DefaultIfEmpty().Max(), $"the penalty of step {i + 1}"));

                // Hits are counted, so that the sums differ by rounding alone.
                accuracy = Math.Max(accuracy, Math.Abs(figures.RunningAccuracy - (step.Number("running_accuracy") ?? 0)));
                rate = Math.Max(rate, Relative(figures.LearningRate, step.Number("lr")));
            }

            Require(accuracy <= 1e-6, $"the accuracy differs by {Text(accuracy)}");
            Require(rate <= (_double ? 1e-12 : 2e-7), $"the learning rate differs by {Text(rate)}");
            _differences.Add($"loss {Text(loss)}, running {Text(running)}, penalty {Text(penalty)}");
        }

        // How far Keras's own float32 run is from its float64 run, step by step.
        private double[] OwnLosses() => _keras.Get("loss_rel_per_step") is null ? [] : _keras.Numbers("loss_rel_per_step");

        private void CheckHistory()
        {
            JsonElement history = _golden.GetProperty("float64").GetProperty("history");
            double worst = 0, own = OwnLosses().DefaultIfEmpty().Max();
            foreach ((int epoch, double value) in (history.Get("val_loss") is null ? [] : history.Numbers("val_loss")).Index())
            {
                worst = Math.Max(worst, Within(Relative(_run.ValidationLosses.ElementAtOrDefault(epoch), value), own, $"val_loss of epoch {epoch + 1}"));
            }

            foreach ((int epoch, double value) in (history.Get("val_accuracy") is null ? [] : history.Numbers("val_accuracy")).Index())
            {
                double found = _run.ValidationAccuracies.ElementAtOrDefault(epoch);
                Require(Math.Abs(found - value) <= 1e-6, $"val_accuracy of epoch {epoch + 1} is {found} instead of {value}");
            }

            _differences.Add($"val_loss {Text(worst)}");
        }

        // Gradients, weights and slots, each as a whole; and, more loosely, each tensor by itself.
        private void CheckTensors()
        {
            var squares = new Dictionary<string, (double Difference, double Size)>(StringComparer.Ordinal);
            foreach (JsonProperty entry in _golden.GetProperty("tensors").EnumerateObject())
            {
                string kind = entry.Name.Split('/')[0];
                double[] expected = _samples.Doubles("sample/" + entry.Name) ?? throw new InvalidDataException($"'{_samples.Path}' has no sample of {entry.Name}.");
                if (!_run.Tensors.TryGetValue(entry.Name, out double[]? actual))
                {
                    _faults.Add($"there is no {entry.Name}");
                    continue;
                }

                (double difference, double size) = Distance(Sample(actual), expected);
                (double allDifference, double allSize) = squares.GetValueOrDefault(kind);
                squares[kind] = (allDifference + difference, allSize + size);
                if (!_double)
                {
                    double tolerance = SingleTensorFactor * Math.Max(SmallestTensorTolerance, entry.Value.Number("fp32_rel") ?? 0);
                    double norm = entry.Value.Number("l2") ?? 0;
                    double actualNorm = Math.Sqrt(actual.Sum(value => value * value));
                    Require(Math.Sqrt(difference) <= tolerance * Math.Sqrt(size), $"{entry.Name} differs by {Text(Math.Sqrt(difference / size))}");
                    Require(Math.Abs(actualNorm - norm) <= tolerance * norm, $"the norm of {entry.Name} is {actualNorm} instead of {norm}");
                }
            }

            foreach ((string kind, (double difference, double size)) in squares)
            {
                double relative = Math.Sqrt(difference / size);
                double tolerance = _double ? DoubleTolerance : Math.Max(SmallestTensorTolerance, Factor * (_keras.Number(kind + "_max_rel_l2") ?? 0));
                Require(relative <= tolerance, $"{kind} differs by {Text(relative)}, and {Text(tolerance)} is allowed");
                _differences.Add($"{kind} {Text(relative)}");
            }
        }

        // How far off the change since the beginning is, over all trainable weights.
        private void CheckUpdates()
        {
            string[] trainable = [.. _golden.GetProperty("trainable").EnumerateArray().Select(name => name.GetString()!)];
            foreach (string kind in TrainingRun.Kinds(_golden).Where(kind => kind.StartsWith("weights_step", StringComparison.Ordinal)))
            {
                string step = kind["weights_step".Length..];
                double difference = 0, size = 0;
                foreach (string name in trainable)
                {
                    double[] expected = _samples.Doubles($"sample/weights_step{step}/{name}") ?? throw new InvalidDataException($"'{_samples.Path}' has no weights_step{step}/{name}.");
                    difference += Distance(Sample(_run.Tensors[$"weights_step{step}/{name}"]), expected).Difference;
                    size += Distance(Sample(_initial.Doubles(name)!), expected).Difference;
                }

                double relative = Math.Sqrt(difference / size);
                double tolerance = _double ? DoubleTolerance * 100 : Math.Max(SmallestUpdateTolerance, Factor * (_keras.Number($"update_rel_l2_step{step}") ?? 0));
                Require(relative <= tolerance, $"the update by step {step} differs by {Text(relative)}, and {Text(tolerance)} is allowed");
                _differences.Add($"update {step} {Text(relative)}");
            }
        }

        private double Within(double relative, double own, string what)
        {
            double tolerance = _double ? DoubleTolerance : Math.Max(SmallestLossTolerance, Factor * own);
            Require(relative <= tolerance, $"{what} differs by {Text(relative)}, and {Text(tolerance)} is allowed");
            return relative;
        }

        // Written so that a NaN is a fault.
        private void Require(bool holds, string fault)
        {
            if (!holds)
            {
                _faults.Add(fault);
            }
        }

        // Every s-th element, as the goldens' README says.
        private static double[] Sample(double[] values)
        {
            int step = Math.Max(1, (values.Length + 95) / 96) | 1;
            return [.. values.Where((_, i) => i % step == 0)];
        }

        private static (double Difference, double Size) Distance(double[] actual, double[] expected) => actual.Length == expected.Length
            ? (actual.Zip(expected, (a, b) => (a - b) * (a - b)).Sum(), expected.Sum(b => b * b))
            : (double.NaN, double.NaN);

        private static double Relative(double actual, double? expected) => expected is not { } value ? double.NaN : value.Equals(actual) ? 0 : value == 0 ? Math.Abs(actual) : Math.Abs(actual - value) / Math.Abs(value);

        private static string Text(double value) => value.ToString("0.0e+00", CultureInfo.InvariantCulture);
    }
}
