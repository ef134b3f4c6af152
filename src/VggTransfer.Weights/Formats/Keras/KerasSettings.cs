using System.Text.Json;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Reads a layer's settings from its configuration. What is absent is null, and then Keras's default holds.</summary>
internal static class KerasSettings
{
    /// <summary>
    /// The activation's name in lower case; <c>linear</c> where none is set, null where there is no configuration. A ReLU
    /// layer with a slope, a threshold or a maximum isn't <c>relu</c>.
    /// </summary>
    public static string? Activation(KerasOperation operation)
    {
        if (operation.Config is not { } config)
        {
            return null;
        }

        if (operation.ClassName is "ReLU")
        {
            bool plain = Number(operation, "max_value") is null && (IsAll(operation, 0, "negative_slope") ?? true) && (IsAll(operation, 0, "threshold") ?? true);
            return plain ? "relu" : "relu with a slope, threshold or maximum";
        }

        if (operation.ClassName is "Softmax")
        {
            return "softmax";
        }

        // Keras 1 to 3 write a name, or an object around one.
        foreach (string key in new[] { "activation", "config", "class_name" })
        {
            if (config.ValueKind == JsonValueKind.String)
            {
                break;
            }

            if (config.ValueKind == JsonValueKind.Object && config.TryGetProperty(key, out JsonElement inner) && inner.ValueKind is JsonValueKind.String or JsonValueKind.Object)
            {
                config = inner;
            }
            else if (key == "activation")
            {
                return "linear";
            }
        }

        return config.ValueKind == JsonValueKind.String ? config.GetString()!.ToLowerInvariant() : "unknown";
    }

    /// <summary>A setting as text.</summary>
    public static string? Text(KerasOperation operation, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (operation.Config is { } config && config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String)
            {
                return value.GetString();
            }
        }

        return null;
    }

    /// <summary>A setting that is true or false.</summary>
    public static bool? Flag(KerasOperation operation, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (operation.Config is { } config && config.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            {
                return value.GetBoolean();
            }
        }

        return null;
    }

    /// <summary>A number.</summary>
    public static double? Number(KerasOperation operation, string name) =>
        operation.Config is { } config && config.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) ? number : null;

    /// <summary>Whether a setting that is a number or (nested) lists of numbers holds nothing but one value; null where it is absent.</summary>
    public static bool? IsAll(KerasOperation operation, double expected, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (operation.Config is { } config && config.TryGetProperty(name, out JsonElement value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            {
                return IsAll(value, expected);
            }
        }

        return null;
    }

    /// <summary>The sides that an input layer, or a first layer, is declared for: rows and columns; null where they are open.</summary>
    public static (int Height, int Width)? InputSize(KerasOperation operation)
    {
        foreach (string name in new[] { "batch_shape", "batch_input_shape" })
        {
            if (operation.Config is { } config && config.TryGetProperty(name, out JsonElement stored) && Items(stored) is { ValueKind: JsonValueKind.Array } shape && shape.GetArrayLength() == 4)
            {
                int[] numbers = [.. shape.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int number) ? number : -1)];
                bool channelsFirst = numbers[1] is 1 or 3 && numbers[3] is not (1 or 3);
                (int height, int width) = channelsFirst ? (numbers[2], numbers[3]) : (numbers[1], numbers[2]);
                return height > 0 && width > 0 ? (height, width) : null;
            }
        }

        return null;
    }

    /// <summary>Keras 2.12 and later may wrap a tuple in an object.</summary>
    private static JsonElement Items(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("items", out JsonElement items) ? items : value;

    private static bool IsAll(JsonElement value, double expected) => Items(value) is var plain && plain.ValueKind switch
    {
        JsonValueKind.Number => plain.TryGetDouble(out double number) && number == expected,
        JsonValueKind.Array => plain.EnumerateArray().All(item => IsAll(item, expected)),
        _ => false,
    };
}
