using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Weights.Formats.Keras;

namespace VggTransfer.Keras.Models;

/// <summary>Puts the weights of a Keras HDF5 file into a model of the same layers.</summary>
internal static class KerasWeightsReader
{
    /// <exception cref="InvalidModelFileException">The file is damaged, or of another model; nothing was replaced.</exception>
    public static void Load(Model model, string path)
    {
        using var file = KerasWeightsFile.Open(path);
        (string Path, Layer Layer)[] own = [.. model.LayerPaths.Where(pair => pair.Layer.Variables.Count > 0)];
        if (file.Layers.Count != own.Length)
        {
            throw file.Fault($"it has {file.Layers.Count} layers with weights, and '{model.Name}' has {own.Length}, so it is of another model");
        }

        int[] stored = Arrange(file.Layers, own);
        var assignments = new List<(string Name, int Layer, string Variable)>();
        for (int i = 0; i < own.Length; i++)
        {
            (string layerPath, Layer layer) = own[i];
            foreach (VariableSpecification variable in layer.Variables)
            {
                Check(file, stored[i], layerPath, variable);
                assignments.Add(($"{layerPath}/{variable.Name}", stored[i], variable.Name));
            }

            if (file.CountOf(stored[i]) != layer.Variables.Count)
            {
                throw file.Fault($"its layer '{MessageText.Shorten(file.Layers[stored[i]])}' has {file.CountOf(stored[i])} weights, and '{layerPath}' has {layer.Variables.Count}");
            }
        }

        // Read in full before the first is replaced: a dataset may turn out to be cut off.
        var arrays = assignments.ConvertAll(assignment =>
        {
            (int[] shape, float[] values) = file.Read(assignment.Layer, assignment.Variable);
            return (assignment.Name, Values: NDArray.From(values, shape));
        });
        arrays.ForEach(array => model.SetWeight(array.Name, array.Values));
    }

    /// <summary>By the layers' names where they are the same, else in the file's order: Keras numbers its layers on within a process.</summary>
    private static int[] Arrange(IReadOnlyList<string> stored, (string Path, Layer Layer)[] own)
    {
        var byName = Enumerable.Range(0, stored.Count).ToLookup(i => stored[i], StringComparer.Ordinal);
        int[] named = [.. own.SelectMany(pair => byName[pair.Layer.Name])];
        return named.Length == own.Length && named.Distinct().Count() == own.Length ? named : [.. Enumerable.Range(0, stored.Count)];
    }

    private static void Check(KerasWeightsFile file, int stored, string path, VariableSpecification variable)
    {
        string shown = MessageText.Shorten(file.Layers[stored]);
        IReadOnlyList<long> shape = file.ShapeOf(stored, variable.Name)
            ?? throw file.Fault($"its layer '{shown}' has no {variable.Name}, and '{path}' has one, so it is of another model");
        if (!shape.SequenceEqual(variable.Shape.Select(dimension => (long)dimension)))
        {
            throw file.Fault($"the {variable.Name} of its layer '{shown}' has the shape ({string.Join(", ", shape)}), and that of '{path}' is ({string.Join(", ", variable.Shape)}), so it is of another model");
        }
    }
}
