using System.Text.Json;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>The model's configuration, <c>model_config</c> or <c>config.json</c>, of Keras 1 to 3: its layers in order.</summary>
internal static class KerasConfig
{
    // Nested models take 6 levels each; Keras's own go to about 20.
    private const int DeepestJson = 128;

    /// <summary>The layers with nested models laid out flat; null where the configuration lists none (a model of a user's own class).</summary>
    /// <param name="json">The text.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="format">The format, for messages.</param>
    /// <exception cref="InvalidModelFileException">It isn't JSON, or not a model's.</exception>
    public static IReadOnlyList<KerasOperation>? Parse(ReadOnlyMemory<byte> json, string path, string format)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = DeepestJson });
            DecodeStrings(document.RootElement);
            var operations = new List<KerasOperation>();
            return AddModel(document.RootElement.Clone(), scope: "", operations) ? operations : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidModelFileException(path, format, $"its model configuration isn't sound JSON, or is nested more than {DeepestJson} levels deep; the file is damaged", innerException: exception);
        }
    }

    /// <summary>Decodes every string once: half a surrogate pair is found only then, and here it is a fault of the file.</summary>
    private static void DecodeStrings(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                _ = element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                {
                    DecodeStrings(item);
                }

                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    DecodeStrings(property.Value);
                }

                break;
        }
    }

    /// <summary>Adds a model's layers.</summary>
    /// <returns>Whether it lists layers at all.</returns>
    private static bool AddModel(JsonElement model, string scope, List<KerasOperation> operations)
    {
        if (Layers(model) is not { } layers)
        {
            return false;
        }

        string? previous = null;
        foreach (JsonElement layer in layers.EnumerateArray())
        {
            string className = Text(layer, "class_name") ?? "";
            JsonElement config = layer.ValueKind == JsonValueKind.Object && layer.TryGetProperty("config", out JsonElement found) ? found : default;
            string name = Text(config, "name") ?? Text(layer, "name") ?? "";
            string[]? sources = Sources(layer);
            bool linked = sources is null || sources.Length == 0 || (sources.Length == 1 && sources[0] == previous);
            if (IsModel(className, layer))
            {
                int first = operations.Count;
                AddModel(layer, scope.Length == 0 ? name : $"{scope}/{name}", operations);
                if (first < operations.Count && !linked)
                {
                    operations[first] = operations[first] with { Linked = false };
                }
            }
            else
            {
                operations.Add(new KerasOperation
                {
                    Name = name,
                    Scope = scope,
                    Kind = KerasKinds.OfClass(className),
                    ClassName = className,
                    Linked = linked && !(KerasKinds.OfClass(className) == KerasKind.Input && previous is not null),
                    Config = config.ValueKind == JsonValueKind.Object ? config : null,
                });
            }

            previous = name;
        }

        return true;
    }

    private static bool IsModel(string className, JsonElement layer) =>
        className is "Functional" or "Model" or "Sequential" || (KerasKinds.OfClass(className) == KerasKind.Other && className != "TimeDistributed" && Layers(layer) is not null);

    /// <summary>The list of layers; in old Sequential models the configuration is the list itself.</summary>
    private static JsonElement? Layers(JsonElement model)
    {
        if (model.ValueKind != JsonValueKind.Object || !model.TryGetProperty("config", out JsonElement config))
        {
            return null;
        }

        if (config.ValueKind == JsonValueKind.Array)
        {
            return config;
        }

        return config.ValueKind == JsonValueKind.Object && config.TryGetProperty("layers", out JsonElement layers) && layers.ValueKind == JsonValueKind.Array ? layers : null;
    }

    /// <summary>The names of the layers whose outputs come in; null in Sequential models, which list none.</summary>
    private static string[]? Sources(JsonElement layer)
    {
        if (layer.ValueKind != JsonValueKind.Object || !layer.TryGetProperty("inbound_nodes", out JsonElement nodes) || nodes.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        var sources = new List<string>();
        Collect(nodes, sources);
        return [.. sources];
    }

    /// <summary>
    /// Finds the tensors in either spelling: Keras 3's objects with <c>keras_history</c>, or lists that begin with a name
    /// and two numbers.
    /// </summary>
    private static void Collect(JsonElement element, List<string> sources)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                Collect(property.Value, sources);
            }
        }
        else if (element.ValueKind == JsonValueKind.Array)
        {
            if (element.GetArrayLength() >= 3 && element[0].ValueKind == JsonValueKind.String && element[1].ValueKind == JsonValueKind.Number && element[2].ValueKind == JsonValueKind.Number)
            {
                sources.Add(element[0].GetString()!);
                return;
            }

            foreach (JsonElement item in element.EnumerateArray())
            {
                Collect(item, sources);
            }
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
