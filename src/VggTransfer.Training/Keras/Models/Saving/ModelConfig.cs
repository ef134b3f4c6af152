using System.Text.Json;
using System.Text.Json.Nodes;
using VggTransfer.Keras.Layers;

namespace VggTransfer.Keras.Models;

/// <summary>A model's layers as JSON in Keras's form, models within included.</summary>
internal static class ModelConfig
{
    // Far more than any chain of layers that could be trained; a file mustn't make us build millions.
    private const int MostLayers = 10_000;

    /// <exception cref="NotSupportedException">A layer, or one of its settings, is of a class that isn't this library's.</exception>
    public static JsonObject Write(Layer layer)
    {
        JsonObject json;
        if (layer is Model model)
        {
            json = new JsonObject
            {
                ["class_name"] = model.ClassName,
                ["config"] = new JsonObject
                {
                    ["name"] = model.Name,
                    ["layers"] = new JsonArray([.. model.Layers.Select(Write)]),
                    ["build_input_shape"] = new JsonArray([.. model.InputShape.Select(dimension => JsonValue.Create(dimension))]),
                },
            };
        }
        else
        {
            json = ObjectConfig.Write(layer);
        }

        json["trainable"] = layer.Trainable;
        return json;
    }

    /// <summary>Makes the model anew, built, without weights.</summary>
    /// <exception cref="FormatException">The JSON describes none; the message is the rest of a sentence.</exception>
    public static Model Read(JsonElement json)
    {
        int layers = 0;
        if (ReadLayer(json, ref layers) is not Model model)
        {
            throw new FormatException("its configuration is that of a layer, not of a model");
        }

        SetTrainable(model, json);
        return model;
    }

    private static Layer ReadLayer(JsonElement json, ref int layers)
    {
        if (++layers > MostLayers)
        {
            throw new FormatException($"it has more than {MostLayers:N0} layers");
        }

        string className = ObjectConfig.Member(json, "class_name", JsonValueKind.String).GetString()!;
        if (className is not (nameof(Sequential) or nameof(Functional)))
        {
            return ObjectConfig.Read<Layer>(json);
        }

        JsonElement config = ObjectConfig.Member(json, "config", JsonValueKind.Object);
        string name = ObjectConfig.Member(config, "name", JsonValueKind.String).GetString()!;
        var inner = new List<Layer>();
        foreach (JsonElement layer in ObjectConfig.Member(config, "layers", JsonValueKind.Array).EnumerateArray())
        {
            inner.Add(ReadLayer(layer, ref layers));
        }

        try
        {
            return Create(className, name, inner, Shape(config));
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"its layers don't fit together: {ObjectConfig.ReasonOf(exception)}", exception);
        }
        catch (OverflowException exception)
        {
            throw new FormatException("its layers are larger than any that could be computed", exception);
        }
    }

    private static Model Create(string className, string name, List<Layer> layers, int[] inputShape)
    {
        if (layers.Count == 0)
        {
            throw new FormatException("it has a model without layers");
        }

        if (className == nameof(Functional))
        {
            return new Functional(layers[0] as Input ?? throw new FormatException("its functional model doesn't begin with an input"), layers.Skip(1), name);
        }

        var model = new Sequential(layers, name);
        if (!model.IsBuilt)
        {
            model.Build(inputShape);
        }

        return model;
    }

    private static int[] Shape(JsonElement config)
    {
        JsonElement[] dimensions = [.. ObjectConfig.Member(config, "build_input_shape", JsonValueKind.Array).EnumerateArray()];
        return [.. dimensions.Select(dimension => dimension.ValueKind == JsonValueKind.Number && dimension.TryGetInt32(out int size) && size > 0 ? size : throw new FormatException("its input shape holds something else than whole numbers from 1 on"))];
    }

    /// <summary>From the outside in: setting a model sets everything within it.</summary>
    private static void SetTrainable(Layer layer, JsonElement json)
    {
        layer.Trainable = json.TryGetProperty("trainable", out JsonElement trainable) && trainable.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? trainable.GetBoolean()
            : throw new FormatException("its configuration doesn't say which layers are trainable");
        if (layer is Model model)
        {
            foreach ((Layer inner, JsonElement innerJson) in model.Layers.Zip(json.GetProperty("config").GetProperty("layers").EnumerateArray()))
            {
                SetTrainable(inner, innerJson);
            }
        }
    }
}
