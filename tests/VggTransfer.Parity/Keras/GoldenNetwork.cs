using System.Text.Json;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Parity.Images;
using VggTransfer.Training;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Parity.Keras;

/// <summary>The goldens' small VGG, as a training case's <c>config</c> asks for it.</summary>
internal static class GoldenNetwork
{
    // The goldens' README, section A.
    private static readonly int[] s_channels = [4, 4, 0, 8, 8, 0, 16, 16, 16, 0, 32, 32, 32, 0, 32, 32, 32];

    /// <summary>Builds and compiles the model, with the goldens' initial weights.</summary>
    /// <param name="config">A case's configuration.</param>
    /// <param name="initial">The weights by Keras's names.</param>
    /// <param name="precision">The type of the computation.</param>
    public static Sequential Create(JsonElement config, SafetensorsFile initial, Precision precision)
    {
        JsonElement? norm = config.Get("batch_norm");
        bool convolutionBias = norm?.Get("conv_bias")?.GetBoolean() ?? true;
        var model = new Sequential { new Input((32, 32, 3)) };
        foreach (int channels in s_channels)
        {
            if (channels == 0)
            {
                model.Add(new MaxPooling2D());
                continue;
            }

            model.Add(new Conv2D(
                channels, (3, 3), padding: "same", activation: norm is null ? "relu" : null, useBias: convolutionBias,
                kernelRegularizer: On(config, "kernel", "conv"), biasRegularizer: On(config, "bias", "conv"), activityRegularizer: On(config, "activity", "conv")));
            if (norm is { } settings)
            {
                model.Add(new BatchNormalization(settings.Number("momentum") ?? 0.99, settings.Number("epsilon") ?? 1e-3));
                model.Add(new ReLU());
            }
        }

        model.Add(new Flatten());
        model.Add(NewDense(config, 64, "relu", "dense_hidden"));
        model.Add(NewDense(config, 64, "relu", "dense_hidden"));
        string loss = config.Text("loss") ?? throw new InvalidDataException("A case names no loss.");
        model.Add(NewDense(config, 10, loss.EndsWith("_logits", StringComparison.Ordinal) ? null : loss.StartsWith("binary", StringComparison.Ordinal) ? "sigmoid" : "softmax", "dense_output"));

        model.Execution = new ExecutionOptions { Device = "cpu", Precision = precision, Threads = 1 };
        model.Compile(NewOptimizer(config), NewLoss(loss, config.Number("label_smoothing") ?? 0), ["accuracy"]);
        foreach (string name in model.Network.Variables)
        {
            model.Network.SetVariable(name, initial.Required(name));
        }

        return model;
    }

    /// <summary>Whether the targets are one-hot rows.</summary>
    public static bool WantsRows(JsonElement config) => config.Text("loss")?.StartsWith("sparse", StringComparison.Ordinal) == false;

    private static Dense NewDense(JsonElement config, int units, string? activation, string layers) => new(
        units, activation,
        kernelRegularizer: On(config, "kernel", layers), biasRegularizer: On(config, "bias", layers), activityRegularizer: On(config, "activity", layers));

    private static L1L2? On(JsonElement config, string what, string layers)
    {
        foreach (JsonElement item in config.Get("regularizers")?.EnumerateArray() ?? default)
        {
            if (item.Text("on") == what && (item.Text("layers") == layers || item.Text("layers") == "all"))
            {
                return new L1L2(item.Number("l1") ?? 0, item.Number("l2") ?? 0);
            }
        }

        return null;
    }

    private static Optimizer NewOptimizer(JsonElement config)
    {
        LearningRate rate = config.Get("schedule") is { ValueKind: JsonValueKind.Object } schedule
            ? GoldenSchedules.Create(schedule)
            : config.Text("schedule") is { } formula
            ? ScheduleExpression.Parse(formula).At(0, config.Number("learning_rate") ?? 0.01).Number
            : config.Number("learning_rate") ?? throw new InvalidDataException("A case has neither learning_rate nor schedule.");
        return GoldenOptimizers.Create(config.Text("optimizer") ?? "", rate, config.Get("args") ?? throw new InvalidDataException("A case has no args."));
    }

    private static Loss NewLoss(string loss, double smoothing)
    {
        bool fromLogits = loss.EndsWith("_logits", StringComparison.Ordinal);
        return loss.Split('_')[0] switch
        {
            "sparse" => new SparseCategoricalCrossentropy(fromLogits),
            "categorical" => new CategoricalCrossentropy(fromLogits, smoothing),
            "binary" => new BinaryCrossentropy(fromLogits, smoothing),
            _ => throw new InvalidDataException($"The loss '{loss}' is unknown."),
        };
    }
}
