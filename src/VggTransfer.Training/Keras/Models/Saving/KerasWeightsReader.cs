using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Weights.Formats.Keras;

namespace VggTransfer.Keras.Models;

/// <summary>Puts the weights of a Keras HDF5 file into a model of the same layers.</summary>
internal static class KerasWeightsReader
{
    /// <exception cref="InvalidModelFileException">The file is damaged, or of another model; nothing was replaced.</exception>
    public static void Load(Model model, string path)
    {
        using var file = Hdf5File.Open(path);
        KerasContent content = KerasLegacyLayers.IsPresent(file) ? KerasLegacyLayers.Read(file, path) : Keras3Layers.Read(file, config: null);
        KerasOperation[] stored = [.. content.Operations.Where(operation => operation.Weights is { Count: > 0 })];
        (string Path, Layer Layer)[] own = [.. model.LayerPaths.Where(pair => pair.Layer.Variables.Count > 0)];
        if (stored.Length != own.Length)
        {
            throw file.Fault($"it has {stored.Length} layers with weights, and '{model.Name}' has {own.Length}, so it is of another model");
        }

        stored = Arrange(stored, own);
        var assignments = new List<(string Name, Hdf5Dataset Dataset)>();
        for (int i = 0; i < own.Length; i++)
        {
            (string layerPath, Layer layer) = own[i];
            foreach (VariableSpecification variable in layer.Variables)
            {
                assignments.Add(($"{layerPath}/{variable.Name}", Find(file, stored[i], layerPath, variable)));
            }

            if (stored[i].Weights!.Count != layer.Variables.Count)
            {
                throw file.Fault($"its layer '{MessageText.Shorten(stored[i].Name)}' has {stored[i].Weights!.Count} weights, and '{layerPath}' has {layer.Variables.Count}");
            }
        }

        // Read in full before the first is replaced: a dataset may turn out to be cut off.
        var arrays = assignments.ConvertAll(assignment =>
        {
            (int[] shape, float[] values) = KerasTensors.ReadInOrder(assignment.Dataset);
            return (assignment.Name, Values: NDArray.From(values, shape));
        });
        arrays.ForEach(array => model.SetWeight(array.Name, array.Values));
    }

    /// <summary>By the layers' names where they are the same, else in the file's order: Keras numbers its layers on within a process.</summary>
    private static KerasOperation[] Arrange(KerasOperation[] stored, (string Path, Layer Layer)[] own)
    {
        var byName = stored.ToLookup(operation => operation.Name, StringComparer.Ordinal);
        KerasOperation[] named = [.. own.SelectMany(pair => byName[pair.Layer.Name])];
        return named.Length == own.Length && named.Distinct().Count() == own.Length ? named : stored;
    }

    private static Hdf5Dataset Find(Hdf5File file, KerasOperation stored, string path, VariableSpecification variable)
    {
        string shown = MessageText.Shorten(stored.Name);
        if (!stored.Weights!.TryGetValue(variable.Name, out Hdf5Dataset? dataset))
        {
            throw file.Fault($"its layer '{shown}' has no {variable.Name}, and '{path}' has one, so it is of another model");
        }

        return dataset.Space.Dimensions.SequenceEqual(variable.Shape.Select(dimension => (long)dimension))
            ? dataset
            : throw file.Fault($"the {variable.Name} of its layer '{shown}' has the shape {dataset.Space.DisplayName}, and that of '{path}' is ({string.Join(", ", variable.Shape)}), so it is of another model");
    }
}
