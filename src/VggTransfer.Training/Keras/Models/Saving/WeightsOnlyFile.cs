using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Weights.Formats.Keras;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Keras.Models;

/// <summary>A model's weights in a file of their own, or out of one that holds more.</summary>
internal static class WeightsOnlyFile
{
    public static void Save(Model model, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".safetensors":
                // Tells those who look that layouts are Keras's.
                ArrayFile.Write(path, Weights(model), new Dictionary<string, string> { ["format"] = "keras" });
                break;
            case ".h5" or ".hdf5":
                KerasWeightsFile.Write(path, Layers(model));
                break;
            default:
                throw new ArgumentException($"'{path}' can't be written: the name of the file says its format, and must end in .safetensors, .h5 or .hdf5.", nameof(path));
        }
    }

    public static void Load(Model model, string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (KerasWeightsFile.IsHdf5(path))
        {
            KerasWeightsReader.Load(model, path);
            return;
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        SetWeights(model, file, ModelFile.IsModel(file) ? ModelFile.WeightsPrefix : "");
    }

    /// <summary>The weights by name, in the model's order.</summary>
    public static IEnumerable<KeyValuePair<string, NDArray>> Weights(Model model) =>
        model.WeightNames.Select(name => KeyValuePair.Create(name, model.GetWeight(name)));

    /// <summary>Takes all weights of a file, whose names and shapes must be the model's.</summary>
    /// <param name="model">The model.</param>
    /// <param name="file">The file.</param>
    /// <param name="prefix">What its weights' names begin with; what begins otherwise is left alone.</param>
    /// <exception cref="InvalidModelFileException">The weights are those of another model; nothing was replaced.</exception>
    public static void SetWeights(Model model, SafetensorsFile file, string prefix)
    {
        CheckWeights(model, file, prefix);
        foreach (string name in model.WeightNames)
        {
            model.SetWeight(name, ArrayFile.ToArray(file, file.Find(prefix + name)!));
        }
    }

    /// <summary>Compares names and shapes; nothing is allocated.</summary>
    public static void CheckWeights(Model model, SafetensorsFile file, string prefix)
    {
        InvalidModelFileException Fault(string reason) => new(file.Path, SafetensorsFile.FormatName, reason);
        var superfluous = file.Tensors.Select(tensor => tensor.Name).Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        foreach ((string name, VariableSpecification variable) in model.WeightSpecifications)
        {
            if (file.Find(prefix + name) is not { } tensor)
            {
                throw Fault($"it has no weight '{name}', so it is of another model than '{model.Name}'");
            }

            if (!tensor.Shape.SequenceEqual(variable.Shape))
            {
                throw Fault($"its weight '{name}' has the shape ({string.Join(", ", tensor.Shape)}) instead of ({string.Join(", ", variable.Shape)}), so it is of another model than '{model.Name}'");
            }

            if (tensor.DataType is not (SafetensorsDataType.F32 or SafetensorsDataType.F64 or SafetensorsDataType.F16 or SafetensorsDataType.BF16))
            {
                throw Fault($"its weight '{name}' holds {tensor.DataType}, and weights are floating-point numbers");
            }

            superfluous.Remove(prefix + name);
        }

        if (superfluous.Order(StringComparer.Ordinal).FirstOrDefault() is { } other)
        {
            throw Fault($"it has a weight '{MessageText.Shorten(other[prefix.Length..])}', which '{model.Name}' doesn't have");
        }
    }

    /// <summary>
    /// The file's groups: one for each layer of the model, also where it is a model itself. Within a group trainable weights
    /// come before others, which is the order that Keras's load_weights takes them in.
    /// </summary>
    private static IEnumerable<(string Name, IReadOnlyList<(string Name, IReadOnlyList<int> Shape, Func<float[]> Values)> Weights)> Layers(Model model)
    {
        foreach (Layer layer in model.Layers.Where(layer => model is not Sequential || layer is not Input))
        {
            (string Path, VariableSpecification Variable, bool Trainable)[] weights =
                layer is Model within
                ? [.. within.LayerPaths.SelectMany(pair => pair.Layer.Variables.Select(variable => (pair.Path, variable, within.Trainable && pair.Layer.Trainable && variable.Trainable)))]
                : [.. layer.Variables.Select(variable => (layer.Name, variable, layer.Trainable && variable.Trainable))];
            yield return (layer.Name, [.. weights.OrderByDescending(weight => weight.Trainable).Select(weight =>
            {
                string name = $"{weight.Path}/{weight.Variable.Name}";
                string full = layer is Model ? $"{layer.Name}/{name}" : name;
                return (name, weight.Variable.Shape, (Func<float[]>)(() => model.GetWeight(full).ToSingles()));
            })]);
        }
    }
}
