using System.Text.Json;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Parity.Images;
using VggTransfer.Training;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Parity.Keras;

/// <summary>What a step showed.</summary>
internal readonly record struct StepFigures(double Loss, double RegularizationLoss, double RunningLoss, double RunningAccuracy, double LearningRate);

/// <summary>A training case, run step by step as the goldens' fit ran it.</summary>
internal sealed class TrainingRun
{
    public List<StepFigures> Steps { get; } = [];

    public List<double> ValidationLosses { get; } = [];

    public List<double> ValidationAccuracies { get; } = [];

    /// <summary>By <c>KIND/VAR</c>, as the goldens name them.</summary>
    public Dictionary<string, double[]> Tensors { get; } = new(StringComparer.Ordinal);

    /// <param name="golden">The case.</param>
    /// <param name="initial">The weights at the beginning.</param>
    /// <param name="batches">The pictures.</param>
    /// <param name="precision">The type of the computation.</param>
    public static TrainingRun Of(JsonElement golden, SafetensorsFile initial, GoldenBatches batches, Precision precision)
    {
        JsonElement config = golden.GetProperty("config");
        using Sequential model = GoldenNetwork.Create(config, initial, precision);
        var run = new TrainingRun();
        run.Train(model, golden, config, batches, precision);
        return run;
    }

    /// <summary>The kinds of tensors that a case holds, such as <c>weights_step10</c>.</summary>
    public static IReadOnlySet<string> Kinds(JsonElement golden) =>
        golden.GetProperty("tensors").EnumerateObject().Select(entry => entry.Name.Split('/')[0]).ToHashSet(StringComparer.Ordinal);

    private void Train(Sequential model, JsonElement golden, JsonElement config, GoldenBatches batches, Precision precision)
    {
        IReadOnlySet<string> kinds = Kinds(golden);
        JsonElement[] expected = [.. golden.GetProperty("float64").GetProperty("steps").EnumerateArray()];
        int epochs = (int)expected.Max(step => step.Number("epoch") ?? throw new InvalidDataException("A step names no epoch."));
        ScheduleExpression? schedule = config.Text("schedule") is { } formula ? ScheduleExpression.Parse(formula) : null;
        INetwork network = model.CompiledNetwork;
        bool rows = GoldenNetwork.WantsRows(config);
        bool weighted = config.Get("sample_weight")?.GetBoolean() ?? false;
        Dictionary<int, double>? classWeights = config.Get("class_weight")?.EnumerateObject().ToDictionary(pair => int.Parse(pair.Name, System.Globalization.CultureInfo.InvariantCulture), pair => pair.Value.ToNumber());
        Batch[] training = [.. batches.Training(rows, weighted, precision)];
        double? halveAt = config.Number("halve_lr_at_step");

        for (int epoch = 0; epoch < epochs; epoch++)
        {
            if (schedule is not null)
            {
                model.Optimizer.LearningRate = schedule.At(epoch, model.Optimizer.LearningRate).Number;
            }

            // An epoch may be shorter than the file of batches.
            int steps = expected.Count(step => step.Number("epoch") == epoch + 1);
            double losses = 0, samples = 0, hits = 0, counted = 0;
            foreach (Batch batch in training.Take(steps))
            {
                if (kinds.Contains($"gradient_step{Steps.Count + 1}"))
                {
                    Keep($"gradient_step{Steps.Count + 1}", network.Gradients(batch, classWeights));
                }

                if (Steps.Count + 1 == halveAt)
                {
                    model.Optimizer.LearningRate = config.Number("learning_rate")!.Value / 2;
                }

                StepResult result = network.Train(batch, classWeights);
                losses += result.Loss * result.Samples;
                samples += result.Samples;
                hits += result.Metrics[0].Sum;
                counted += result.Metrics[0].Count;
                Steps.Add(new StepFigures(result.Loss, result.RegularizationLoss, losses / samples, hits / counted, result.LearningRate));
                if (kinds.Contains($"weights_step{Steps.Count}"))
                {
                    Keep($"weights_step{Steps.Count}", network.Variables.ToDictionary(name => name, network.GetVariable));
                }

                if (kinds.Contains($"slots_step{Steps.Count}"))
                {
                    Keep($"slots_step{Steps.Count}", network.GetOptimizerState());
                }
            }

            Validate(network, [.. batches.Validation(rows, precision)]);
        }

        network.TakeAverages();
        Keep("weights_after_fit", network.Variables.ToDictionary(name => name, network.GetVariable));
    }

    private void Validate(INetwork network, IReadOnlyList<Batch> batches)
    {
        StepResult[] results = [.. batches.Select(network.Test)];
        ValidationLosses.Add(results.Sum(result => result.Loss * result.Samples) / results.Sum(result => result.Samples));
        ValidationAccuracies.Add(results.Sum(result => result.Metrics[0].Sum) / results.Sum(result => result.Metrics[0].Count));
    }

    private void Keep(string kind, IReadOnlyDictionary<string, NDArray> arrays)
    {
        foreach ((string name, NDArray array) in arrays)
        {
            Tensors[$"{kind}/{name}"] = array.ToDoubles();
        }
    }
}
