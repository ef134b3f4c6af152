using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Translates a VGG into an ONNX graph: normalisation in front, batch norm folded, only what the outputs need.</summary>
internal sealed class VggOnnxGraph
{
    private readonly VggModel _model;
    private readonly VggArchitecture _architecture;
    private readonly OnnxInput _input;
    private readonly IReadOnlyList<OnnxOutput> _outputs;
    private readonly OnnxGraph _graph = new();
    private readonly VggGraphLayers _layers;

    // Where each layer's output can be read, by Keras's name.
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _singles = new(StringComparer.Ordinal);
    private readonly Dictionary<FeatureSource, string> _sources = [];

    private VggOnnxGraph(VggModel model, OnnxExportOptions options)
    {
        _model = model;
        _input = options.Input;
        _architecture = Resized(model.Architecture, options.InputSize);
        _outputs = options.Outputs ?? [DefaultOutput(_architecture)];
        _layers = options.Precision == OnnxPrecision.Int8 ? new Int8GraphLayers(_graph, model, Quantizable(options)) : new FloatGraphLayers(_graph, model);
    }

    /// <summary>The architecture at another input size, where it can have one.</summary>
    /// <exception cref="ArgumentException">The dense layers need their own size.</exception>
    public static VggArchitecture Resized(VggArchitecture architecture, int? inputSize)
    {
        int size = inputSize ?? architecture.InputSize;
        return architecture.IncludeTop && size != architecture.InputSize
            ? throw new ArgumentException($"The dense layers of this {architecture.DisplayName} need an input of {architecture.InputSize} pixels, and {size} was asked for; leave the input size out.", nameof(inputSize))
            : architecture with { InputSize = size };
    }

    /// <summary>How pixels are normalised for a model.</summary>
    /// <exception cref="ArgumentException">Nobody said.</exception>
    public static PreprocessingFamily FamilyOf(VggModel model) => model.Preprocessing
        ?? throw new ArgumentException("It isn't known how pixels must be normalised for these weights, and a wrong guess gives worse features without any error; say which family they belong to (Keras, torchvision, or 0 to 1).", nameof(model));

    /// <summary>How far a model's activations reach.</summary>
    /// <exception cref="ArgumentException">It was never measured.</exception>
    public static IReadOnlyDictionary<string, ActivationRange> RangesOf(VggModel model) => model.ActivationRanges
        ?? throw new ArgumentException($"The ranges of this {model.Architecture.DisplayName}'s activations aren't known, and int8 needs them; measure them on images first ('vggtransfer quantize', or ModelQuantizer.Measure).", nameof(model));

    /// <exception cref="ArgumentException">The options don't fit the model.</exception>
    public static OnnxGraph Build(VggModel model, OnnxExportOptions options)
    {
        var builder = new VggOnnxGraph(model, options);
        if (builder._outputs.Count == 0)
        {
            throw new ArgumentException("The graph needs at least one output.", nameof(options));
        }

        builder.AddLayers(builder.AddInput(options.InputName));
        foreach (OnnxOutput output in builder._outputs)
        {
            builder.AddOutput(output);
        }

        return builder._graph;
    }

    private static OnnxOutput DefaultOutput(VggArchitecture architecture) => architecture.IncludeTop
        ? new OnnxOutput("logits", FeatureLayer.Parse("logits"))
        : new OnnxOutput("features", FeatureLayer.Parse($"{VggFeatureLayers.LastMap(architecture)}:avg"));

    private string AddInput(string? name)
    {
        int size = _architecture.InputSize;
        if (_input == OnnxInput.Normalized)
        {
            name ??= "input";
            _graph.AddInput(name, OnnxElementType.Float, null, 3, size, size);
            return name;
        }

        name ??= "pixels";
        _graph.AddInput(name, OnnxElementType.UInt8, null, size, size, 3);
        return _layers.AddPixels(name);
    }

    private IReadOnlyDictionary<string, ActivationRange> Quantizable(OnnxExportOptions options)
    {
        if (options.Input != OnnxInput.Pixels)
        {
            throw new ArgumentException("A graph in int8 takes pixels (OnnxInput.Pixels): how far normalised inputs reach isn't known.", nameof(options));
        }

        return RangesOf(_model);
    }

    private void AddLayers(string value)
    {
        IReadOnlyList<VggLayer> layers = _architecture.Layers;
        int last = _outputs.SelectMany(output => output.Layer.Sources)
            .Max(source => IndexOf(layers, VggFeatureLayers.Locate(source, _architecture).Name));
        bool first = true;
        for (int i = 0; i <= last; i++)
        {
            VggLayer layer = layers[i];
            switch (layer.Kind)
            {
                case VggLayerKind.Convolution:
                    VggLayer? batchNorm = _architecture.BatchNorm ? layers[i + 1] : null;
                    value = _layers.AddConvolution(layer, batchNorm, value, takesPixels: first && _input == OnnxInput.Pixels);
                    first = false;
                    break;
                case VggLayerKind.MaxPooling:
                    value = _layers.AddMaxPooling(layer, value);
                    break;
                case VggLayerKind.Flatten:
                    value = _layers.AddFlatten(layer, value);
                    break;
                case VggLayerKind.Dense:
                    value = _layers.AddDense(layer, value, isLast: i == last);
                    break;
                default:
                    // Batch norm is folded into the convolution, and dropout does nothing in inference.
                    break;
            }

            _values[layer.Name] = value;
        }
    }

    private void AddOutput(OnnxOutput output)
    {
        string[] parts = [.. output.Layer.Sources.Select(AddSource)];
        _graph.AddNode(parts.Length == 1 ? "Identity" : "Concat", output.Name, parts, parts.Length == 1 ? [] : [OnnxProto.Attribute("axis", 1)]);
        _graph.AddOutput(output.Name, OnnxElementType.Float, null, output.Layer.Dimension(_architecture));
    }

    private string AddSource(FeatureSource source)
    {
        if (_sources.TryGetValue(source, out string? known))
        {
            return known;
        }

        VggLayer layer = VggFeatureLayers.Locate(source, _architecture);
        if (source.Normalization != FeatureNormalization.None)
        {
            return _sources[source] = AddNormalization(AddSource(source.Raw), source, isSigned: VggFeatureLayers.IsLogits(source));
        }

        string value = Singles(layer);
        string vector = (source, layer) switch
        {
            _ when VggFeatureLayers.IsProbabilities(source) => _graph.AddNode("Softmax", "probabilities_", [value], OnnxProto.Attribute("axis", 1)),
            (_, { Output.IsVector: true }) => value,
            ({ Pooling: FeaturePooling.Average }, _) => Flatten(_graph.AddNode("GlobalAveragePool", $"{layer.Name}_average_map", [value]), $"{layer.Name}_average"),
            ({ Pooling: FeaturePooling.Maximum }, _) => Flatten(_graph.AddNode("GlobalMaxPool", $"{layer.Name}_maximum_map", [value]), $"{layer.Name}_maximum"),
            _ => Flatten(value, $"{layer.Name}_flat"),
        };
        return _sources[source] = vector;
    }

    private string AddNormalization(string vector, FeatureSource source, bool isSigned)
    {
        if (source.Normalization == FeatureNormalization.Hellinger)
        {
            string root = _graph.AddNode("Sqrt", $"{vector}_root", [isSigned ? _graph.AddNode("Abs", $"{vector}_magnitude", [vector]) : vector]);
            vector = isSigned ? _graph.AddNode("Mul", $"{vector}_signed_root", [root, _graph.AddNode("Sign", $"{vector}_sign", [vector])]) : root;
        }

        // Of a vector of zeros ONNX Runtime makes zeros.
        return _graph.AddNode("LpNormalization", $"{vector}_unit", [vector], OnnxProto.Attribute("axis", 1), OnnxProto.Attribute("p", 2));
    }

    private string Singles(VggLayer layer) =>
        _singles.TryGetValue(layer.Name, out string? known) ? known : _singles[layer.Name] = _layers.ToSingles(layer, _values[layer.Name]);

    private string Flatten(string map, string output) => _graph.AddNode("Flatten", output, [map], OnnxProto.Attribute("axis", 1));

    private static int IndexOf(IReadOnlyList<VggLayer> layers, string name)
    {
        for (int i = 0; i < layers.Count; i++)
        {
            if (layers[i].Name == name)
            {
                return i;
            }
        }

        throw new ArgumentException($"No layer '{name}'.", nameof(name));
    }
}
