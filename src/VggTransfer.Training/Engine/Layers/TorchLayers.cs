using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Makes what computes a model's layers, in their order, and the weights.</summary>
internal sealed class TorchLayers
{
    private readonly TorchDevice _device;
    private readonly List<TorchLayer> _layers = [];
    private readonly List<TorchVariable> _variables = [];
    private readonly List<VariableSpecification> _specifications = [];

    private TorchLayers(TorchDevice device) => _device = device;

    /// <summary>The layers, those of models within in their places.</summary>
    public IReadOnlyList<TorchLayer> Layers => _layers;

    /// <summary>The weights, all zero.</summary>
    public IReadOnlyList<TorchVariable> Variables => _variables;

    /// <summary>What the layers asked for, weight by weight.</summary>
    public IReadOnlyList<VariableSpecification> Specifications => _specifications;

    /// <exception cref="NotSupportedException">There is a layer of an unknown kind.</exception>
    public static TorchLayers Create(Layer model, TorchDevice device)
    {
        var layers = new TorchLayers(device);
        layers.Add(model, "", () => model.Trainable);
        HashSet<string> pooled = [.. model.Within!.OfType<PooledMaps>().SelectMany(layer => layer.Maps).Select(map => map.LayerName)];
        foreach (TorchLayer layer in layers._layers.Where(layer => pooled.Contains(layer.Description.Name)))
        {
            layer.IsPooledLater = true;
        }

        return layers;
    }

    private void Add(Layer model, string prefix, Func<bool> trainable)
    {
        foreach (Layer layer in model.Within!)
        {
            // Whatever a frozen model holds is frozen.
            bool IsTrainable() => trainable() && layer.Trainable;
            if (layer.Within is not null)
            {
                Add(layer, $"{prefix}{layer.Name}/", IsTrainable);
            }
            else
            {
                var variables = new Dictionary<string, TorchVariable>(StringComparer.Ordinal);
                foreach (VariableSpecification specification in layer.Variables)
                {
                    ScalarType type = layer is BatchNormalization or Standardization ? _device.WeightType : _device.ComputeType;
                    var variable = new TorchVariable($"{prefix}{layer.Name}/{specification.Name}", specification, IsTrainable, _device, type);
                    variables.Add(specification.Name, variable);
                    _variables.Add(variable);
                    _specifications.Add(specification);
                }

                _layers.Add(Create(layer, variables));
            }
        }
    }

    private TorchLayer Create(Layer layer, Dictionary<string, TorchVariable> variables)
    {
        bool overwrites = _layers.Count > 0 && _layers[^1].OutputMayBeOverwritten;
        return layer switch
        {
            Conv2D convolution => new ConvolutionLayer(convolution, variables["kernel"], variables.GetValueOrDefault("bias"), _device),
            Dense dense => new DenseLayer(dense, variables["kernel"], variables.GetValueOrDefault("bias"), _device),
            BatchNormalization norm => new BatchNormalizationLayer(
                norm, variables.GetValueOrDefault("gamma"), variables.GetValueOrDefault("beta"), variables["moving_mean"], variables["moving_variance"], _device),
            Activation activation => new ActivationLayer(layer, activation.Function, overwrites, _device),
            ReLU => new ActivationLayer(layer, ActivationFunction.ReLU, overwrites, _device),
            Softmax => new ActivationLayer(layer, ActivationFunction.Softmax, overwrites, _device),
            MaxPooling2D pooling => new MaxPoolingLayer(pooling, _device),
            AveragePooling2D pooling => new AveragePoolingLayer(pooling, _device),
            GlobalAveragePooling2D => new GlobalAveragePoolingLayer(layer, _device),
            GlobalMaxPooling2D => new GlobalMaxPoolingLayer(layer, _device),
            Flatten => new FlattenLayer(layer, _device),
            Dropout dropout => new DropoutLayer(dropout, _layers.Count, _device),
            Rescaling rescaling => new RescalingLayer(rescaling, _device),
            PooledMaps pooled => new PooledMapsLayer(pooled, _device),
            CarriedMaps carried => new CarriedMapsLayer(carried, _device),
            Standardization standardization => new StandardizationLayer(standardization, variables["mean"], variables["scale"], _device),
            Input => new IdentityLayer(layer, _device),
            _ => throw new NotSupportedException($"The engine doesn't know how to compute a layer of the kind {layer.ClassName} ('{layer.Name}')."),
        };
    }
}
