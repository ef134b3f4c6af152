using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Tests.TensorFlowFiles;

/// <summary>Saves a model of ours as Keras would: its layers in a graph of objects, its kernels in Keras's layouts.</summary>
internal sealed class KerasCheckpoint(CheckpointWriter writer, VggModel model)
{
    private readonly List<(string Name, int Id)> _children = [];
    private int _layers;
    private int _weighted;

    /// <summary>Names a layer's variables are saved under; by default Keras's <c>layer_with_weights-N</c>.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>The order of layers as Keras lists them: every layer, activations of batch norm on their own.</summary>
    public (string Name, int Id)[] AddLayers(Func<VggLayer, bool>? wanted = null)
    {
        if (wanted is null)
        {
            AddWeightless();
        }

        foreach (VggLayer layer in model.Architecture.Layers.Where(layer => wanted?.Invoke(layer) ?? true))
        {
            AddLayer(layer);
        }

        return [.. _children];
    }

    public void AddWeightless() => _children.Add(($"layer-{_layers++}", writer.AddNode()));

    /// <summary>Adds a nested model, made of what another call of <see cref="AddLayers"/> gave.</summary>
    public void AddModel(params (string Name, int Id)[] children) => AddWeighted(writer.AddNode(children));

    public (string Name, int Id)[] Children => [.. _children];

    public void AddLayer(VggLayer layer, string? name = null)
    {
        if (layer.Tensors.Count == 0)
        {
            AddWeightless();
            return;
        }

        string path = $"{Prefix}layer_with_weights-{_weighted}";
        (string Name, int Id)[] variables =
        [
            .. layer.Tensors.Select(tensor =>
            {
                string variable = VariableName(layer, tensor.Name);
                string key = $"{path}/{variable}/.ATTRIBUTES/VARIABLE_VALUE";
                (int[] shape, float[] values) = Keras(layer, model.Tensors[tensor.Name]);
                writer.Add(key, shape, values);
                return (variable, writer.AddNode(key, $"{name ?? layer.Name}/{variable}"));
            }),
        ];
        AddWeighted(writer.AddNode(variables));
        if (layer.Kind == VggLayerKind.BatchNormalization)
        {
            AddWeightless();
        }
    }

    /// <summary>Keras's layout, by its formula: HWIO, in x out, flattened as HWC.</summary>
    public (int[] Shape, float[] Values) Keras(VggLayer layer, ModelTensor tensor)
    {
        float[] source = tensor.ToSingles();
        if (tensor.Shape.Count == 1)
        {
            return ([.. tensor.Shape], source);
        }

        int outputs = tensor.Shape[0];
        int rows = source.Length / outputs;
        bool flattened = layer.Kind == VggLayerKind.Dense && tensor.Name == "classifier.0.weight";
        int channels = flattened ? model.Architecture.BlockWidth(5) : tensor.Shape[1];
        int positions = rows / channels;
        float[] values = new float[source.Length];
        for (int output = 0; output < outputs; output++)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                for (int position = 0; position < positions; position++)
                {
                    values[(((position * channels) + channel) * outputs) + output] = source[(output * rows) + (channel * positions) + position];
                }
            }
        }

        return (layer.Kind == VggLayerKind.Dense ? [rows, outputs] : [tensor.Shape[2], tensor.Shape[3], channels, outputs], values);
    }

    public static string VariableName(VggLayer layer, string tensor) => tensor[(tensor.LastIndexOf('.') + 1)..] switch
    {
        "weight" => layer.Kind == VggLayerKind.BatchNormalization ? "gamma" : "kernel",
        "bias" => layer.Kind == VggLayerKind.BatchNormalization ? "beta" : "bias",
        "running_mean" => "moving_mean",
        _ => "moving_variance",
    };

    private void AddWeighted(int id)
    {
        _children.Add(($"layer-{_layers++}", id));
        _children.Add(($"layer_with_weights-{_weighted++}", id));
    }
}
