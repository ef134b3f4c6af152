using VggTransfer.Architectures;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Models;

namespace VggTransfer.Keras.Vgg;

/// <summary>Puts the weights of a <see cref="VggModel"/> into a Keras-style model, layer by layer.</summary>
internal sealed class VggImport
{
    private readonly Model _model;
    private readonly VggModel _weights;
    private readonly (string Path, Layer Layer)[] _layers;
    private readonly List<(string Name, Func<NDArray> Values)> _assignments = [];
    private readonly HashSet<Layer> _loaded = [];

    private VggImport(Model model, VggModel weights)
    {
        _model = model;
        _weights = weights;
        _layers = [.. model.LayerPaths.Where(pair => pair.Layer.Variables.Count > 0)];
    }

    /// <returns>The layers that keep their weights.</returns>
    public static IReadOnlyList<string> Load(Model model, VggModel weights)
    {
        var import = new VggImport(model, weights);
        import.PlanConvolutions();
        import.PlanDense();
        foreach ((string name, Func<NDArray> values) in import._assignments)
        {
            model.SetWeight(name, values());
        }

        return [.. import._layers.Where(pair => !import._loaded.Contains(pair.Layer)).Select(pair => pair.Path)];
    }

    private void PlanConvolutions()
    {
        (string Path, Conv2D Layer)[] own = [.. LayersOf<Conv2D>()];
        VggLayer[] given = [.. Given(VggLayerKind.Convolution)];
        VggLayer[] norms = [.. Given(VggLayerKind.BatchNormalization)];
        if (own.Length != given.Length)
        {
            throw Misfit($"it has {own.Length} convolutions, and the weights {given.Length}");
        }

        for (int i = 0; i < own.Length; i++)
        {
            (string path, Conv2D layer) = own[i];
            CheckShape(path, layer, given[i], KerasKernel.KerasShape(given[i].Tensors[0].Shape));
            (string Path, BatchNormalization Layer)? norm = NormBehind(layer);
            if (norm is null != norms.Length is 0)
            {
                throw Misfit(norm is null ? $"no batch norm stands behind '{path}', as in the weights" : $"'{norm.Value.Path}' is a batch norm, and the weights have none");
            }

            Assign($"{path}/kernel", given[i].Tensors[0]);
            AssignOrRequire(path, "bias", layer.UseBias, given[i].Tensors[1], 0);
            _loaded.Add(layer);
            if (norm is var (normPath, normLayer))
            {
                PlanNorm(normPath, normLayer, norms[i]);
            }
        }
    }

    private void PlanNorm(string path, BatchNormalization layer, VggLayer given)
    {
        double epsilon = _weights.Architecture.BatchNormEpsilon;

        // Keras keeps it in 4 bytes.
        if ((float)layer.Epsilon != (float)epsilon)
        {
            throw Misfit(FormattableString.Invariant($"'{path}' has the epsilon {layer.Epsilon}, and the weights were trained with {epsilon}; make the layer with that one"));
        }

        AssignOrRequire(path, "gamma", layer.Scale, given.Tensors[0], 1);
        AssignOrRequire(path, "beta", layer.Center, given.Tensors[1], 0);
        Assign($"{path}/moving_mean", given.Tensors[2]);
        Assign($"{path}/moving_variance", given.Tensors[3]);
        _loaded.Add(layer);
    }

    /// <summary>Dense layers, from the first one on, as long as the sizes are the same.</summary>
    private void PlanDense()
    {
        (string Path, Dense Layer)[] own = [.. LayersOf<Dense>()];
        VggLayer[] given = [.. Given(VggLayerKind.Dense)];
        for (int i = 0; i < Math.Min(own.Length, given.Length); i++)
        {
            (string path, Dense layer) = own[i];
            if (!layer.Variables[0].Shape.SequenceEqual(KerasKernel.KerasShape(given[i].Tensors[0].Shape)))
            {
                return;
            }

            Assign($"{path}/kernel", given[i].Tensors[0], i == 0 ? _weights.Architecture.BlockWidth(5) : null);
            AssignOrRequire(path, "bias", layer.UseBias, given[i].Tensors[1], 0);
            _loaded.Add(layer);
        }
    }

    /// <summary>The batch norm that is the next layer with weights.</summary>
    private (string Path, BatchNormalization Layer)? NormBehind(Conv2D layer)
    {
        int next = Array.FindIndex(_layers, pair => pair.Layer == layer) + 1;
        return next < _layers.Length && _layers[next] is (var path, BatchNormalization norm) ? (path, norm) : null;
    }

    private IEnumerable<(string Path, T Layer)> LayersOf<T>()
        where T : Layer => _layers.Where(pair => pair.Layer is T).Select(pair => (pair.Path, (T)pair.Layer));

    private IEnumerable<VggLayer> Given(VggLayerKind kind) => _weights.Architecture.Layers.Where(layer => layer.Kind == kind);

    private void CheckShape(string path, Layer layer, VggLayer given, IReadOnlyList<int> shape)
    {
        if (!layer.Variables[0].Shape.SequenceEqual(shape))
        {
            throw Misfit($"the kernel of '{path}' is ({string.Join(", ", layer.Variables[0].Shape)}), and that of the weights' {given.Name} ({string.Join(", ", shape)})");
        }
    }

    private void Assign(string name, TensorSpecification given, int? mapChannels = null)
    {
        ModelTensor tensor = _weights.Tensors[given.Name];
        _assignments.Add((name, () => ToKeras(tensor, mapChannels)));
    }

    /// <summary>Assigns a vector; where the layer goes without it, the weights' must say the same.</summary>
    private void AssignOrRequire(string path, string variable, bool present, TensorSpecification given, float standsFor)
    {
        if (present)
        {
            Assign($"{path}/{variable}", given);
        }
        else if (_weights.Tensors[given.Name].ToSingles().Any(value => value != standsFor))
        {
            throw Misfit($"'{path}' has no {variable}, and the weights have one");
        }
    }

    /// <summary>A tensor in Keras's layout.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="mapChannels">For the first dense layer: the channels of the map in front of it; otherwise null.</param>
    internal static NDArray ToKeras(ModelTensor tensor, int? mapChannels)
    {
        float[] values = new float[tensor.ElementCount];
        int position = 0;
        foreach ((int _, int _, Memory<float> piece) in KerasKernel.Pieces<float>(tensor, mapChannels))
        {
            piece.Span.CopyTo(values.AsSpan(position));
            position += piece.Length;
        }

        return NDArray.From(values, [.. KerasKernel.KerasShape(tensor.Shape)]);
    }

    private ArgumentException Misfit(string reason) =>
        new($"The weights are those of {_weights.Architecture.DisplayName} and don't fit '{_model.Name}': {reason}.");
}
