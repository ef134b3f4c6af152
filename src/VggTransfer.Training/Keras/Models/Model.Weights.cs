using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;

namespace VggTransfer.Keras.Models;

public abstract partial class Model
{
    /// <summary>
    /// The weights' names in the model's order: <c>conv2d/kernel</c>; those of a model within have its name before
    /// (<c>vgg16/block1_conv1/kernel</c>).
    /// </summary>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    public IReadOnlyList<string> WeightNames => [.. WeightSpecifications.Select(weight => weight.Name)];

    /// <summary>The single layers with their names, those of models within behind the models' names.</summary>
    internal IEnumerable<(string Path, Layer Layer)> LayerPaths =>
        Layers.SelectMany(layer => layer is Model model
            ? model.LayerPaths.Select(inner => ($"{model.Name}/{inner.Path}", inner.Layer))
            : [(layer.Name, layer)]);

    /// <summary>The weights with their names and shapes, in the model's order.</summary>
    internal IEnumerable<(string Name, VariableSpecification Variable)> WeightSpecifications
    {
        get
        {
            RequireBuilt();
            return LayerPaths.SelectMany(pair => pair.Layer.Variables.Select(variable => ($"{pair.Path}/{variable.Name}", variable)));
        }
    }

    /// <summary>A weight, copied, in Keras's layout: (height, width, in, out) for convolutions, (in, out) for dense layers.</summary>
    /// <param name="name">One of <see cref="WeightNames"/>.</param>
    /// <exception cref="ArgumentException">There is no such weight.</exception>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    public NDArray GetWeight(string name)
    {
        Specification(name);
        return Network.GetVariable(name);
    }

    /// <summary>Replaces a weight; optimizer slots stay as they are.</summary>
    /// <param name="name">One of <see cref="WeightNames"/>.</param>
    /// <param name="values">In Keras's layout.</param>
    /// <exception cref="ArgumentException">There is no such weight, or its shape is another.</exception>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    public void SetWeight(string name, NDArray values)
    {
        CheckShape(name, Specification(name), values);
        Network.SetVariable(name, values);
    }

    /// <summary>All weights, copied, in the order of <see cref="WeightNames"/>.</summary>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    public IReadOnlyList<NDArray> GetWeights() => [.. WeightNames.Select(Network.GetVariable)];

    /// <summary>Replaces all weights.</summary>
    /// <param name="weights">In the order of <see cref="WeightNames"/>.</param>
    /// <exception cref="ArgumentException">Their number or a shape is another; nothing was replaced.</exception>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    public void SetWeights(IReadOnlyList<NDArray> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (string Name, VariableSpecification Variable)[] specifications = [.. WeightSpecifications];
        if (weights.Count != specifications.Length)
        {
            throw new ArgumentException($"'{Name}' has {specifications.Length} weights, and {weights.Count} were given.", nameof(weights));
        }

        for (int i = 0; i < specifications.Length; i++)
        {
            CheckShape(specifications[i].Name, specifications[i].Variable, weights[i]);
        }

        for (int i = 0; i < specifications.Length; i++)
        {
            Network.SetVariable(specifications[i].Name, weights[i]);
        }
    }

    /// <summary>
    /// Writes or replaces a file of the weights alone, whole or not at all: safetensors with the names of
    /// <see cref="WeightNames"/> and Keras's layouts, or Keras 2's weights-only HDF5, which <c>load_weights</c> of Keras 2
    /// reads into the same model.
    /// </summary>
    /// <param name="path">Ends in <c>.safetensors</c>, <c>.h5</c> or <c>.hdf5</c>; its folder must exist.</param>
    /// <exception cref="ArgumentException">The path ends in something else.</exception>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, and the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public void SaveWeights(string path) => WeightsOnlyFile.Save(this, path);

    /// <summary>
    /// Takes the weights of a file that <see cref="SaveWeights"/>, <see cref="Save"/> or Keras 2's <c>save_weights</c>
    /// (<c>.h5</c>) wrote. Nothing is replaced where not everything fits.
    /// </summary>
    /// <param name="path">The file; its content tells what it is.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is damaged, or its weights are those of another model.</exception>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public void LoadWeights(string path) => WeightsOnlyFile.Load(this, path);

    private static void CheckShape(string name, VariableSpecification variable, NDArray values)
    {
        if (!values.Shape.SequenceEqual(variable.Shape))
        {
            throw new ArgumentException($"'{name}' has the shape ({string.Join(", ", variable.Shape)}), and ({string.Join(", ", values.Shape)}) was given.", nameof(values));
        }
    }

    private VariableSpecification Specification(string name) =>
        WeightSpecifications.FirstOrDefault(weight => weight.Name == name).Variable
        ?? throw new ArgumentException($"'{Name}' has no weight '{name}'; it has {string.Join(", ", WeightNames.Take(8))}{(WeightNames.Count > 8 ? ", ..." : "")}.", nameof(name));
}
