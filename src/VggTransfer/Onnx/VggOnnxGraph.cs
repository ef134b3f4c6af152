using System.Runtime.InteropServices;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.Onnx;

/// <summary>Translates a VGG into an ONNX graph: normalisation in front, batch norm folded, only what the outputs need.</summary>
internal sealed class VggOnnxGraph
{
    private readonly VggModel _model;
    private readonly VggArchitecture _architecture;
    private readonly OnnxInput _input;
    private readonly IReadOnlyList<OnnxOutput> _outputs;
    private readonly OnnxGraph _graph = new();

    // Where each layer's output can be read, by Keras's name.
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<FeatureSource, string> _sources = [];

    private VggOnnxGraph(VggModel model, OnnxExportOptions options)
    {
        _model = model;
        _input = options.Input;
        _architecture = Resized(model.Architecture, options.InputSize);
        _outputs = options.Outputs ?? [DefaultOutput(_architecture)];
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
        : new OnnxOutput("features", FeatureLayer.Parse($"{FeatureLayer.LastMap(architecture)}:avg"));

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
        ChannelNormalization normalization = ChannelNormalization.For(FamilyOf(_model));
        _graph.AddInput(name, OnnxElementType.UInt8, null, size, size, 3);
        string floats = _graph.AddNode("Cast", "pixels_float", [name], OnnxProto.Attribute("to", (long)OnnxElementType.Float));
        string planes = _graph.AddNode("Transpose", "pixels_nchw", [floats], OnnxProto.Attribute("perm", 0, 3, 1, 2));

        // Only the mean stays a node of its own: the convolution's padding is zero after subtraction, so it can't go
        // into the bias. Channel order and scale go into the first kernel.
        float[] meanPixel = [.. Enumerable.Range(0, 3).Select(rgb => normalization.Mean[normalization.SourceChannel(rgb)] / normalization.Scale)];
        return meanPixel.All(mean => mean == 0)
            ? planes
            : _graph.AddNode("Sub", "pixels_centred", [planes, _graph.AddInitializer("mean_pixel", [1, 3, 1, 1], meanPixel)]);
    }

    private void AddLayers(string value)
    {
        IReadOnlyList<VggLayer> layers = _architecture.Layers;
        int last = _outputs.SelectMany(output => output.Layer.Sources)
            .Max(source => IndexOf(layers, FeatureLayer.Locate(source, _architecture).Name));
        bool first = true;
        for (int i = 0; i <= last; i++)
        {
            VggLayer layer = layers[i];
            switch (layer.Kind)
            {
                case VggLayerKind.Convolution:
                    VggLayer? batchNorm = _architecture.BatchNorm ? layers[i + 1] : null;
                    value = AddConvolution(layer, batchNorm, value, isFirst: first);
                    first = false;
                    break;
                case VggLayerKind.MaxPooling:
                    value = _graph.AddNode("MaxPool", layer.Name, [value], OnnxProto.Attribute("kernel_shape", 2, 2), OnnxProto.Attribute("strides", 2, 2));
                    break;
                case VggLayerKind.Flatten:
                    value = _graph.AddNode("Flatten", layer.Name, [value], OnnxProto.Attribute("axis", 1));
                    break;
                case VggLayerKind.Dense:
                    value = AddDense(layer, value);
                    break;
                default:
                    // Batch norm is folded into the convolution, and dropout does nothing in inference.
                    break;
            }

            _values[layer.Name] = value;
        }
    }

    private string AddConvolution(VggLayer layer, VggLayer? batchNorm, string input, bool isFirst)
    {
        ModelTensor weight = _model.Tensors[layer.Tensors[0].Name];
        ModelTensor bias = _model.Tensors[layer.Tensors[1].Name];
        bool foldsNormalization = isFirst && _input == OnnxInput.Pixels;
        string kernel;
        string biasName;
        if (batchNorm is null && !foldsNormalization)
        {
            kernel = AddWeight(weight);
            biasName = AddWeight(bias);
        }
        else
        {
            float[] scale = batchNorm is null ? [.. Enumerable.Repeat(1f, layer.Output.Channels)] : BatchNormScale(batchNorm);
            kernel = _graph.AddInitializer(weight.Name, OnnxElementType.Float, weight.Shape, checked((int)weight.ElementCount * sizeof(float)), () => FoldedKernel(weight, scale, foldsNormalization));
            biasName = _graph.AddInitializer(bias.Name, bias.Shape, batchNorm is null ? bias.ToSingles() : FoldedBias(bias, batchNorm, scale));
        }

        int padding = layer.KernelSize / 2;
        string convolution = _graph.AddNode("Conv", $"{layer.Name}_linear", [input, kernel, biasName],
            OnnxProto.Attribute("kernel_shape", layer.KernelSize, layer.KernelSize),
            OnnxProto.Attribute("pads", padding, padding, padding, padding),
            OnnxProto.Attribute("strides", 1, 1));
        return _graph.AddNode("Relu", layer.Name, [convolution]);
    }

    private string AddDense(VggLayer layer, string input)
    {
        string output = _graph.AddNode("Gemm", layer.HasReLU ? $"{layer.Name}_linear" : layer.Name,
            [input, AddWeight(_model.Tensors[layer.Tensors[0].Name]), AddWeight(_model.Tensors[layer.Tensors[1].Name])],
            OnnxProto.Attribute("transB", 1));
        return layer.HasReLU ? _graph.AddNode("Relu", layer.Name, [output]) : output;
    }

    /// <summary>Half-precision weights stay so in the file, and are widened when a session is made.</summary>
    private string AddWeight(ModelTensor tensor)
    {
        int bytes = checked((int)tensor.ElementCount * sizeof(float));
        switch (tensor.Type)
        {
            case TensorType.Float16:
                string half = _graph.AddConstant($"{tensor.Name}_half", OnnxElementType.Float16, tensor.Shape, tensor.Data.Length, () => tensor.Data);
                return _graph.AddNode("Cast", tensor.Name, [half], OnnxProto.Attribute("to", (long)OnnxElementType.Float));
            case TensorType.Float32:
                return _graph.AddInitializer(tensor.Name, OnnxElementType.Float, tensor.Shape, bytes, () => tensor.Data);
            default:
                return _graph.AddInitializer(tensor.Name, OnnxElementType.Float, tensor.Shape, bytes, () => tensor.ConvertTo(TensorType.Float32).Data);
        }
    }

    /// <summary>gamma / sqrt(variance + epsilon), a factor for each channel.</summary>
    private float[] BatchNormScale(VggLayer batchNorm)
    {
        float[] gamma = _model.Tensors[batchNorm.Tensors[0].Name].ToSingles();
        float[] variance = _model.Tensors[batchNorm.Tensors[3].Name].ToSingles();
        return [.. gamma.Zip(variance, (g, v) => (float)(g / Math.Sqrt(v + _architecture.BatchNormEpsilon)))];
    }

    private float[] FoldedBias(ModelTensor bias, VggLayer batchNorm, float[] scale)
    {
        float[] beta = _model.Tensors[batchNorm.Tensors[1].Name].ToSingles();
        float[] mean = _model.Tensors[batchNorm.Tensors[2].Name].ToSingles();
        return [.. bias.ToSingles().Select((b, channel) => (float)(((double)b - mean[channel]) * scale[channel] + beta[channel]))];
    }

    private ReadOnlyMemory<byte> FoldedKernel(ModelTensor weight, float[] scale, bool foldsNormalization)
    {
        float[] source = weight.ToSingles();
        float[] folded = new float[source.Length];
        int inputs = weight.Shape[1];
        int window = weight.Shape[2] * weight.Shape[3];
        ChannelNormalization? normalization = foldsNormalization ? ChannelNormalization.For(FamilyOf(_model)) : null;
        for (int output = 0; output < weight.Shape[0]; output++)
        {
            for (int channel = 0; channel < inputs; channel++)
            {
                int from = normalization?.SourceChannel(channel) ?? channel;
                float factor = scale[output] * (normalization is null ? 1 : normalization.Scale / normalization.Std[from]);
                for (int k = 0; k < window; k++)
                {
                    folded[(output * inputs + channel) * window + k] = source[(output * inputs + from) * window + k] * factor;
                }
            }
        }

        return MemoryMarshal.AsBytes(folded.AsSpan()).ToArray();
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

        VggLayer layer = FeatureLayer.Locate(source, _architecture);
        string value = _values[layer.Name];
        string vector = (source, layer) switch
        {
            ({ LayerName: "probabilities" }, _) => _graph.AddNode("Softmax", "probabilities_", [value], OnnxProto.Attribute("axis", 1)),
            (_, { Output.IsVector: true }) => value,
            ({ Pooling: FeaturePooling.Average }, _) => Flatten(_graph.AddNode("GlobalAveragePool", $"{layer.Name}_average_map", [value]), $"{layer.Name}_average"),
            ({ Pooling: FeaturePooling.Maximum }, _) => Flatten(_graph.AddNode("GlobalMaxPool", $"{layer.Name}_maximum_map", [value]), $"{layer.Name}_maximum"),
            _ => Flatten(value, $"{layer.Name}_flat"),
        };
        return _sources[source] = vector;
    }

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
