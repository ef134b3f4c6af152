using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Keras.Models;

/// <summary>
/// A whole model in one safetensors file: layers, weights, what it was compiled with, optimizer slots. The weights have
/// Keras's names and layouts behind <c>weights/</c>, the slots behind <c>optimizer/</c>; the rest is JSON in the metadata.
/// </summary>
internal static class ModelFile
{
    public const string WeightsPrefix = "weights/";
    private const string SlotsPrefix = "optimizer/";
    private const string ModelKey = "vggtransfer.keras.model";
    private const string TrainingKey = "vggtransfer.keras.training";
    private const string SeedKey = "vggtransfer.keras.seed";

    // A hundred times what VGG19 with batch norm takes.
    private const int LongestConfig = 4_000_000;

    /// <summary>Whether a file holds a whole model.</summary>
    public static bool IsModel(SafetensorsFile file) => file.Metadata.ContainsKey(ModelKey);

    /// <summary>Writes or replaces a file, whole or not at all.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="training">What it was compiled with; null for nothing.</param>
    public static void Save(Model model, string path, CompiledTraining? training)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "keras",
            [ModelKey] = ModelConfig.Write(model).ToJsonString(),

            // Dropout follows from it, and so does a training that goes on.
            [SeedKey] = model.Execution.Seed.ToString(CultureInfo.InvariantCulture),
        };
        IEnumerable<KeyValuePair<string, NDArray>> arrays = WeightsOnlyFile.Weights(model).Select(pair => KeyValuePair.Create(WeightsPrefix + pair.Key, pair.Value));
        if (training is not null)
        {
            metadata[TrainingKey] = WriteTraining(training).ToJsonString();
            arrays = arrays.Concat(model.CompiledNetwork.GetOptimizerState()
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => KeyValuePair.Create(SlotsPrefix + pair.Key, pair.Value)));
        }

        ArrayFile.Write(path, arrays, metadata);
    }

    /// <summary>Makes the model of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="compile">Whether to compile it as it was, optimizer slots included.</param>
    /// <param name="execution">Where and how it is to compute; null for the defaults with the seed of the model that was saved.</param>
    public static Model Load(string path, bool compile, ExecutionOptions? execution)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (!IsModel(file))
        {
            throw Fault(file, "it holds no whole Keras model; make the model and use LoadWeights");
        }

        Model model = Parse(file, ModelKey, ModelConfig.Read);
        try
        {
            // Compared before weights come to life: what a configuration asks for, the file must hold.
            WeightsOnlyFile.CheckWeights(model, file, WeightsPrefix);
            model.Execution = execution ?? new ExecutionOptions { Seed = Seed(file) };
            WeightsOnlyFile.SetWeights(model, file, WeightsPrefix);
            if (compile && file.Metadata.ContainsKey(TrainingKey))
            {
                Compile(model, file);
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static int Seed(SafetensorsFile file) =>
        int.TryParse(file.Metadata.GetValueOrDefault(SeedKey), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seed) ? seed : throw Fault(file, "it has no seed; the file is damaged");

    private static JsonObject WriteTraining(CompiledTraining training) => new()
    {
        ["optimizer"] = ObjectConfig.Write(training.Optimizer),
        ["exclude_from_weight_decay"] = new JsonArray([.. training.Optimizer.WithoutDecay.Select(pattern => JsonValue.Create(pattern))]),
        ["learning_rate_factors"] = new JsonArray([.. training.Optimizer.RateFactors.Select(item => new JsonObject { ["names"] = item.Names, ["factor"] = item.Factor })]),
        ["gradient_accumulation_steps"] = training.Optimizer.GradientAccumulationSteps,
        ["iterations"] = training.Optimizer.Iterations,
        ["loss"] = ObjectConfig.Write(training.Loss),
        ["metrics"] = new JsonArray([.. training.Metrics.Select(ObjectConfig.Write)]),
    };

    private static void Compile(Model model, SafetensorsFile file)
    {
        (Optimizer optimizer, Loss loss, Metric[] metrics, long iterations) = Parse(file, TrainingKey, json => (
            ReadOptimizer(json),
            ObjectConfig.Read<Loss>(ObjectConfig.Member(json, "loss", JsonValueKind.Object)),
            ObjectConfig.Member(json, "metrics", JsonValueKind.Array).EnumerateArray().Select(metric => ObjectConfig.Read<Metric>(metric)).ToArray(),
            ObjectConfig.Member(json, "iterations", JsonValueKind.Number).TryGetInt64(out long count) && count >= 0 ? count : throw new FormatException("its number of updates is none")));
        model.Compile(optimizer, loss, metrics);
        var slots = file.Tensors
            .Where(tensor => tensor.Name.StartsWith(SlotsPrefix, StringComparison.Ordinal))
            .ToDictionary(tensor => tensor.Name[SlotsPrefix.Length..], tensor => ArrayFile.ToArray(file, tensor), StringComparer.Ordinal);
        try
        {
            model.CompiledNetwork.SetOptimizerState(slots);
        }
        catch (ArgumentException exception)
        {
            throw Fault(file, $"its optimizer's state doesn't fit: {ObjectConfig.ReasonOf(exception)}", exception);
        }

        optimizer.Iterations = iterations;
    }

    private static Optimizer ReadOptimizer(JsonElement json)
    {
        Optimizer optimizer = ObjectConfig.Read<Optimizer>(ObjectConfig.Member(json, "optimizer", JsonValueKind.Object));
        try
        {
            optimizer.ExcludeFromWeightDecay([.. ObjectConfig.Member(json, "exclude_from_weight_decay", JsonValueKind.Array).EnumerateArray().Select(pattern => pattern.GetString() ?? "")]);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new FormatException("its list of weights without decay holds something else than regular expressions", exception);
        }

        // Files from before there were these settings have none of them.
        if (json.TryGetProperty("gradient_accumulation_steps", out JsonElement steps))
        {
            optimizer.GradientAccumulationSteps = steps.ValueKind == JsonValueKind.Number && steps.TryGetInt32(out int count) && count > 0
                ? count
                : throw new FormatException("its number of steps that make an update is none");
        }

        ReadRateFactors(json, optimizer);
        return optimizer;
    }

    private static void ReadRateFactors(JsonElement json, Optimizer optimizer)
    {
        if (!json.TryGetProperty("learning_rate_factors", out JsonElement factors))
        {
            return;
        }

        try
        {
            foreach (JsonElement item in factors.EnumerateArray())
            {
                optimizer.ScaleLearningRate(ObjectConfig.Member(item, "names", JsonValueKind.String).GetString()!, ObjectConfig.Member(item, "factor", JsonValueKind.Number).GetDouble());
            }
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or NotSupportedException)
        {
            throw new FormatException("its list of learning rates of single weights holds something else than regular expressions and factors", exception);
        }
    }

    private static T Parse<T>(SafetensorsFile file, string key, Func<JsonElement, T> read)
    {
        string text = file.Metadata[key];
        if (text.Length > LongestConfig)
        {
            throw Fault(file, $"its configuration has {text.Length:N0} characters, above the limit of {LongestConfig:N0}");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is FormatException or JsonException)
        {
            throw Fault(file, exception is JsonException ? "its configuration isn't valid JSON; the file is damaged" : exception.Message, exception);
        }
    }

    private static InvalidModelFileException Fault(SafetensorsFile file, string reason, Exception? inner = null) =>
        new(file.Path, SafetensorsFile.FormatName, reason, innerException: inner);
}
