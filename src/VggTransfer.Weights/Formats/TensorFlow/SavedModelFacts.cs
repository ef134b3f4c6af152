using System.Text.Json;
using VggTransfer.Architectures;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>What the configuration beside a SavedModel's variables says of its layers; all unknown for a bare checkpoint.</summary>
internal sealed record SavedModelFacts
{
    private const int MaximumObjects = 100_000;
    private const int LongestJson = 1 << 20;
    private const int DeepestJson = 64;

    private int _convolutions;
    private int _pools;

    /// <summary>How many maximum pools of 2x2 there are; null if unknown.</summary>
    public int? MaxPools => _convolutions > 0 ? _pools : null;

    /// <summary>The epsilons of the batch norms, each once.</summary>
    public SortedSet<double> Epsilons { get; } = [];

    /// <summary>Whether convolutions of 3x3 apply ReLU themselves.</summary>
    public bool ReluInsideConvolutions { get; private set; }

    /// <summary>Side of the square input.</summary>
    public int? InputSize { get; private set; }

    /// <summary>The rate of the last dropout.</summary>
    public double? Dropout { get; private set; }

    /// <summary>Whether the global pool among the layers takes the maximum; null where there is none.</summary>
    public bool? GlobalMaximum { get; private set; }

    /// <summary>
    /// Reads <c>keras_metadata.pb</c> (SavedMetadata in Keras's saved_metadata.proto): the configuration of each layer as
    /// JSON. Nothing of a SavedModel that could be executed is looked at.
    /// </summary>
    /// <exception cref="FormatException">A layer's configuration isn't sound, or a layer isn't one of a VGG.</exception>
    /// <exception cref="InvalidModelFileException">It isn't sound protobuf.</exception>
    public static SavedModelFacts Parse(ReadOnlyMemory<byte> message, ProtobufSource source)
    {
        var facts = new SavedModelFacts();
        int objects = 0;
        var reader = new ProtobufReader(message, source);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            if (++objects > MaximumObjects)
            {
                throw new FormatException($"its metadata lists more than {MaximumObjects:N0} objects, and a VGG has some dozens");
            }

            facts.AddObject(reader.ReadMessage());
        }

        return facts;
    }

    private void AddObject(ProtobufReader saved)
    {
        while (saved.Next())
        {
            if (saved.Field != 5)
            {
                saved.Skip();
            }
            else if (saved.ReadBytes() is { Length: <= LongestJson } json)
            {
                // The whole model's object repeats its layers' configurations, and may be longer.
                Add(json);
            }
        }
    }

    private void Add(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = DeepestJson });
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("class_name", out JsonElement name) && name.ValueKind == JsonValueKind.String
                && root.TryGetProperty("config", out JsonElement config) && config.ValueKind == JsonValueKind.Object)
            {
                AddLayer(name.GetString()!, config);
            }
        }
        catch (JsonException exception)
        {
            throw new FormatException("a layer's configuration in its keras_metadata.pb isn't sound JSON; it is damaged", exception);
        }
    }

    private void AddLayer(string className, JsonElement config)
    {
        switch (className)
        {
            case "MaxPooling2D":
                _pools++;
                Require(config, className, "pool_size", 2);
                Require(config, className, "strides", 2);
                break;
            case "AveragePooling2D":
                throw new FormatException("its model has average pools, and a VGG's are maximum pools");
            case "GlobalAveragePooling2D" or "GlobalMaxPooling2D":
                GlobalMaximum = className == "GlobalMaxPooling2D";
                break;
            case "Conv2D":
                Require(config, className, "strides", 1);
                Require(config, className, "dilation_rate", 1);
                _convolutions++;
                CheckConvolution(config);
                break;
            case "BatchNormalization" when Number(config, "epsilon") is { } epsilon:
                Epsilons.Add(epsilon);
                break;
            case "Dropout" when Number(config, "rate") is >= 0 and < 1 and var rate:
                Dropout = rate;
                break;
            case "InputLayer" when config.TryGetProperty("batch_input_shape", out JsonElement shape) && Items(shape) is [_, var rows, var columns, _] && rows == columns && rows is >= VggArchitecture.SmallestInput and <= VggArchitecture.LargestInput:
                InputSize = (int)rows;
                break;
        }
    }

    private void CheckConvolution(JsonElement config)
    {
        string? activation = Text(config, "activation");
        if (activation is not (null or "relu" or "linear"))
        {
            throw new FormatException("a convolution of its model has another activation than ReLU, and a VGG's have ReLU");
        }

        // 7x7 and 1x1 kernels stand for dense layers in models that are convolutions throughout.
        bool isVggs = config.TryGetProperty("kernel_size", out JsonElement size) && Items(size) is [3, 3];
        ReluInsideConvolutions |= isVggs && activation == "relu";
        if (Text(config, "padding") is "valid" && isVggs)
        {
            throw new FormatException("a convolution of its model has the padding 'valid', and a VGG's keep the map's size");
        }
    }

    private static void Require(JsonElement config, string className, string setting, double expected)
    {
        if (config.TryGetProperty(setting, out JsonElement value) && Items(value) is { Length: > 0 } numbers && numbers.Any(number => number != expected))
        {
            throw new FormatException($"a layer {className} of its model has {setting} {string.Join(", ", numbers)}, and a VGG's have {expected}");
        }
    }

    private static string? Text(JsonElement config, string name) =>
        config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement config, string name) =>
        config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : null;

    /// <summary>A number, a list of numbers, or a list wrapped in an object as newer versions write tuples; NaN for what isn't a number.</summary>
    private static double[] Items(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("items", out JsonElement items))
        {
            value = items;
        }

        return value.ValueKind switch
        {
            JsonValueKind.Number => [value.GetDouble()],
            JsonValueKind.Array => [.. value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number ? item.GetDouble() : double.NaN)],
            _ => [],
        };
    }
}
