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
    private const int Epochs = 2;

    public List<StepFigures> Steps { get; } = [];

    public List<double> ValidationLosses { get; } = [];

    public List<double> ValidationAccuracies { get; } = [];

    /// <summary>By <c>KIND/VAR</c>, as the goldens name them.</summary>
    public Dictionary<string, double[]> Tensors { get; } = new(StringComparer.Ordinal);

    public static TrainingRun Of(JsonElement config, SafetensorsFile initial, GoldenBatches batches, Precision precision)
    {
        using Sequential model = GoldenNetwork.Create(config, initial, precision);
        var run = new TrainingRun();
        run.Train(model, config, batches, precision);
        return run;
    }

    private void Train(Sequential model, JsonElement config, GoldenBatches batches, Precision precision)
    {
        INetwork network = model.CompiledNetwork;
        bool rows = GoldenNetwork.WantsRows(config);
        bool weighted = config.Get("sample_weight")?.GetBoolean() ?? false;
        Dictionary<int, double>? classWeights = config.Get("class_weight")?.EnumerateObject().ToDictionary(pair => int.Parse(pair.Name, System.Globalization.CultureInfo.InvariantCulture), pair => pair.Value.GetDouble());
        Batch[] training = [.. batches.Training(rows, weighted, precision)];
        double? halveAt = config.Number("halve_lr_at_step");

        Keep("gradient_step1", network.Gradients(training[0], classWeights));
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            double losses = 0, samples = 0, hits = 0, counted = 0;
            foreach (Batch batch in training)
            {
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
                if (Steps.Count is 1 or 10 or 20)
                {
                    Keep($"weights_step{Steps.Count}", network.Variables.ToDictionary(name => name, network.GetVariable));
                }
            }

            Validate(network, [.. batches.Validation(rows, precision)]);
        }

        Keep("slots_step20", network.GetOptimizerState());
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
