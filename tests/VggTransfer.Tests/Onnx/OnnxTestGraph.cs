using System.Runtime.InteropServices;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Protobuf;

namespace VggTransfer.Tests.Onnx;

/// <summary>How a graph is put together: each way is some exporter's.</summary>
internal sealed record OnnxStyle
{
    /// <summary>tf2onnx: NHWC input, a transposition in front and one before flattening, MatMul and Add.</summary>
    public bool TensorFlow { get; init; }

    /// <summary>How convolutions are padded: <c>pads</c>, <c>auto_pad</c> or a <c>Pad</c> node.</summary>
    public string Padding { get; init; } = "pads";

    /// <summary>Biases of convolutions as Add nodes.</summary>
    public bool AddedBiases { get; init; }

    /// <summary>Dropout (with this rate) and Identity nodes, Flatten.</summary>
    public float? Dropout { get; init; }

    /// <summary>How the map becomes a vector: <c>Flatten</c>, <c>Reshape</c> or <c>Dynamic</c> (computed from the input's shape).</summary>
    public string Flatten { get; init; } = "Flatten";

    /// <summary>Weights listed among the inputs, as files before IR version 4 have it.</summary>
    public bool ListsWeights { get; init; }

    /// <summary>How weights are stored: <c>raw</c>, <c>floats</c>, <c>unpacked</c>, <c>double</c>, <c>constant</c>, <c>transposed</c>, and in half precision <c>half</c> and <c>int32</c>, widened by Cast.</summary>
    public string Storage { get; init; } = "raw";

    /// <summary>timm: dense layers as convolutions, global average pooling behind them.</summary>
    public bool DenseAsConvolutions { get; init; }

    /// <summary>Softmax at the end.</summary>
    public bool Softmax { get; init; }

    /// <summary>A pool over single places before flattening: torchvision's adaptive pool where it does nothing.</summary>
    public bool UselessPool { get; init; }

    /// <summary>Where weights lie when <see cref="Storage"/> is <c>external</c>, and the bytes of that file, which writing fills.</summary>
    public (string Location, List<byte> Data) External { get; init; }

    /// <summary>Exchanges nodes: given each with its number among those of its operator, from 0.</summary>
    public Func<OnnxTestNode, int, OnnxTestNode>? Edit { get; init; }

    /// <summary>The version of the operators.</summary>
    public long OperatorSet { get; init; } = 13;
}

/// <summary>A node before it is written.</summary>
internal sealed record OnnxTestNode(string Operation, string[] Inputs, ProtoMessage[] Attributes, string Domain = "");

/// <summary>Writes a model as an ONNX graph the way others do, with names that say nothing.</summary>
internal sealed class OnnxTestGraph
{
    private const int ConstantTensor = 4;

    private readonly ProtoMessage _graph = new();
    private readonly OnnxStyle _style;
    private readonly VggModel _model;
    private readonly List<ProtoMessage> _initializers = [];
    private readonly List<(string Name, int[] Shape)> _weights = [];
    private readonly Dictionary<string, int> _ordinals = [];
    private int _count;

    private OnnxTestGraph(VggModel model, OnnxStyle style) => (_model, _style) = (model, style);

    public static byte[] Write(VggModel model, OnnxStyle style)
    {
        var graph = new OnnxTestGraph(model, style);
        graph.AddLayers();
        int side = model.Architecture.InputSize;
        graph._graph.String(2, "g");
        foreach (ProtoMessage initializer in graph._initializers)
        {
            graph._graph.Message(5, initializer);
        }

        graph._graph.Message(11, ValueInfo("x", style.TensorFlow ? [-1, side, side, 3] : [-1, 3, side, side]));
        if (style.ListsWeights)
        {
            foreach ((string name, int[] shape) in graph._weights)
            {
                graph._graph.Message(11, ValueInfo(name, shape));
            }
        }

        graph._graph.Message(12, ValueInfo("y", null));
        return new ProtoMessage().Integer(1, style.ListsWeights ? 3 : 8).Message(7, graph._graph).Message(8, new ProtoMessage().Integer(2, style.OperatorSet)).ToArray();
    }

    public static ProtoMessage Node(string operation, string[] inputs, string output, params ProtoMessage[] attributes)
    {
        var node = new ProtoMessage();
        foreach (string input in inputs)
        {
            node.String(1, input);
        }

        node.String(2, output).String(4, operation);
        foreach (ProtoMessage attribute in attributes)
        {
            node.Message(5, attribute);
        }

        return node;
    }

    public static ProtoMessage Attribute(string name, params long[] values) => new ProtoMessage().String(1, name).Integers(8, packed: values.Length > 3, values).Integer(20, 7);

    public static ProtoMessage Attribute(string name, long value) => new ProtoMessage().String(1, name).Integer(3, value).Integer(20, 2);

    public static ProtoMessage Attribute(string name, string value) => new ProtoMessage().String(1, name).String(4, value).Integer(20, 3);

    public static ProtoMessage Attribute(string name, float value) => new ProtoMessage().String(1, name).Single(2, value).Integer(20, 1);

    public static ProtoMessage ValueInfo(string name, int[]? shape)
    {
        var type = new ProtoMessage().Integer(1, 1);
        if (shape is not null)
        {
            var dimensions = new ProtoMessage();
            foreach (int side in shape)
            {
                dimensions.Message(1, side < 0 ? new ProtoMessage().String(2, "batch") : new ProtoMessage().Integer(1, side));
            }

            type.Message(2, dimensions);
        }

        return new ProtoMessage().String(1, name).Message(2, new ProtoMessage().Message(1, type));
    }

    private void AddLayers()
    {
        string value = _style.TensorFlow ? Add("Transpose", ["x"], Attribute("perm", 0, 3, 1, 2)) : "x";
        IReadOnlyList<VggLayer> layers = _model.Architecture.Layers;
        foreach (VggLayer layer in layers)
        {
            value = layer.Kind switch
            {
                VggLayerKind.Convolution => AddConvolution(layer, value),
                VggLayerKind.BatchNormalization => Add("Relu", [Add("BatchNormalization", [value, .. layer.Tensors.Select(tensor => Weight(_model.Tensors[tensor.Name]))], Attribute("epsilon", (float)_model.Architecture.BatchNormEpsilon))]),
                VggLayerKind.MaxPooling => Add("MaxPool", [value], Attribute("kernel_shape", 2, 2), Attribute("strides", 2, 2)),
                VggLayerKind.Flatten => _style.DenseAsConvolutions ? value : AddFlatten(layer, value),
                VggLayerKind.Dense => AddDense(layer, value),
                VggLayerKind.Dropout when _style.Dropout is { } rate => Add("Identity", [_style.OperatorSet < 12 ? Add("Dropout", [value], Attribute("ratio", rate)) : Add("Dropout", [value, Weight(ModelTensor.FromFloat32("ratio", [], [rate]))])]),
                _ => value,
            };
        }

        if (_style.Softmax)
        {
            value = Add("Softmax", [value]);
        }

        _graph.Message(1, Node("Identity", [value], "y"));
    }

    private string AddConvolution(VggLayer layer, string value)
    {
        int padding = layer.KernelSize / 2;
        if (_style.Padding == "Pad")
        {
            value = _style.OperatorSet < 11
                ? Add("Pad", [value], Attribute("pads", 0, 0, padding, padding, 0, 0, padding, padding))
                : Add("Pad", [value, Integers(0, 0, padding, padding, 0, 0, padding, padding)]);
        }

        string kernel = Weight(_model.Tensors[layer.Tensors[0].Name]);
        ModelTensor bias = _model.Tensors[layer.Tensors[1].Name];
        string[] inputs = _style.AddedBiases ? [value, kernel] : [value, kernel, Weight(bias)];
        value = Add("Conv", inputs, _style.Padding == "pads" ? Attribute("pads", padding, padding, padding, padding) : Attribute("auto_pad", _style.Padding == "Pad" ? "VALID" : "SAME_UPPER"));
        if (_style.AddedBiases)
        {
            value = Add("Add", [Weight(new ModelTensor("b", [1, bias.Shape[0], 1, 1], bias.Type, bias.Data)), value]);
        }

        return layer.HasReLU ? Add("Relu", [value]) : value;
    }

    private string AddFlatten(VggLayer layer, string value)
    {
        if (_style.UselessPool)
        {
            value = Add("AveragePool", [value], Attribute("kernel_shape", 1, 1), Attribute("strides", 1, 1));
        }

        if (_style.TensorFlow)
        {
            value = Add("Transpose", [value], Attribute("perm", 0, 2, 3, 1));
        }

        switch (_style.Flatten)
        {
            case "Flatten":
                return Add("Flatten", [value]);
            case "Reshape":
                return Add("Reshape", [value, Integers(-1, layer.Input.ElementCount)]);
            default:
                // The old torch exporter for x.view(x.size(0), -1).
                string batch = Add("Gather", [Add("Shape", [value]), Integer(0)], Attribute("axis", 0));
                string shape = Add("Concat", [Add("Unsqueeze", [batch, Integers(0)]), Integers(-1)], Attribute("axis", 0));
                return Add("Reshape", [value, shape]);
        }
    }

    private string AddDense(VggLayer layer, string value)
    {
        ModelTensor weight = _model.Tensors[layer.Tensors[0].Name];
        ModelTensor bias = _model.Tensors[layer.Tensors[1].Name];
        VggShape map = _model.Architecture.Layers.Last(other => other.Kind == VggLayerKind.MaxPooling).Output;
        bool isFirst = layer.Name == "fc1";
        if (_style.DenseAsConvolutions && layer.HasReLU)
        {
            int side = isFirst ? map.Height : 1;
            return Add("Relu", [Add("Conv", [value, Weight(new ModelTensor("w", [weight.Shape[0], weight.Shape[1] / (side * side), side, side], weight.Type, weight.Data)), Weight(bias)], Attribute("kernel_shape", side, side))]);
        }

        if (_style.DenseAsConvolutions)
        {
            value = Add("Flatten", [Add("GlobalAveragePool", [value])]);
        }

        if (!_style.TensorFlow)
        {
            value = Add("Gemm", [value, Weight(weight), Weight(bias)], Attribute("transB", 1L));
        }
        else
        {
            // Keras' layout: in x out, the first layer's inputs in row, column, channel order.
            (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
            float[] source = weight.ToSingles();
            float[] keras = new float[source.Length];
            int places = isFirst ? map.Height * map.Width : 1;
            for (int o = 0; o < outputs; o++)
            {
                for (int i = 0; i < inputs; i++)
                {
                    int channels = inputs / places;
                    int input = isFirst ? (i % places * channels) + (i / places) : i;
                    keras[(input * outputs) + o] = source[(o * inputs) + i];
                }
            }

            string product = Add("MatMul", [value, Weight(ModelTensor.FromFloat32("w", [inputs, outputs], keras))]);
            value = Add("Add", [product, Weight(bias)]);
        }

        return layer.HasReLU ? Add("Relu", [value]) : value;
    }

    private string Add(string operation, string[] inputs, params ProtoMessage[] attributes)
    {
        string output = $"v{_count++}";
        int ordinal = _ordinals[operation] = _ordinals.GetValueOrDefault(operation, -1) + 1;
        OnnxTestNode node = new(operation, inputs, attributes);
        node = _style.Edit?.Invoke(node, ordinal) ?? node;
        _graph.Message(1, Node(node.Operation, node.Inputs, output, node.Attributes).String(7, node.Domain));
        return output;
    }

    private string Integers(params long[] values)
    {
        string name = $"i{_count++}";
        _initializers.Add(new ProtoMessage().Integer(1, values.Length).Integer(2, 7).Integers(7, packed: true, values).String(8, name));
        return name;
    }

    private string Integer(long value)
    {
        string name = $"i{_count++}";
        _initializers.Add(new ProtoMessage().Integer(2, 7).Integers(7, packed: false, value).String(8, name));
        return name;
    }

    private string Weight(ModelTensor weight)
    {
        string name = $"w{_count++}";
        if (_style.Storage == "transposed" && weight.Shape.Count == 4)
        {
            // TensorFlow's HWIO, transposed in the graph.
            ModelTensor stored = VggTransfer.Weights.Recognition.TensorArrangement.Transpose(weight, [2, 3, 1, 0]);
            _initializers.Add(Tensor(stored, name));
            return Add("Transpose", [name], Attribute("perm", 3, 2, 0, 1));
        }

        if (_style.Storage == "constant")
        {
            return Add("Constant", [], new ProtoMessage().String(1, "value").Message(5, Tensor(weight, name)).Integer(20, ConstantTensor));
        }

        _weights.Add((name, [.. weight.Shape]));
        _initializers.Add(Tensor(weight, name));
        if (_style.Storage is "half" or "int32" && weight.Type == TensorType.Float16)
        {
            return Add("Cast", [name], Attribute("to", 1L));
        }

        return _style.Storage == "double" ? Add("Cast", [name], Attribute("to", 1L)) : name;
    }

    private ProtoMessage Tensor(ModelTensor weight, string name)
    {
        ProtoMessage tensor = new ProtoMessage().Integers(1, packed: true, weight.Shape.Select(side => (long)side));
        switch (_style.Storage)
        {
            case "external":
                string offset = _style.External.Data.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
                _style.External.Data.AddRange(weight.Data.Span);
                return tensor.Integer(2, 1).String(8, name).Integer(14, 1)
                    .Message(13, new ProtoMessage().String(1, "location").String(2, _style.External.Location))
                    .Message(13, new ProtoMessage().String(1, "offset").String(2, offset));
            case "half":
                return tensor.Integer(2, 10).Bytes(9, weight.Data.Span).String(8, name);
            case "int32":
                return tensor.Integer(2, 10).Integers(5, packed: true, MemoryMarshal.Cast<byte, ushort>(weight.Data.Span).ToArray().Select(bits => (long)bits)).String(8, name);
            case "floats":
                return tensor.Integer(2, 1).Bytes(4, weight.Data.Span).String(8, name);
            case "unpacked":
                tensor.Integer(2, 1).String(8, name);
                foreach (float value in weight.ToSingles())
                {
                    tensor.Single(4, value);
                }

                return tensor;
            case "double":
                return tensor.Integer(2, 11).Bytes(10, MemoryMarshal.AsBytes<double>([.. weight.ToSingles().Select(value => (double)value)])).String(8, name);
            default:
                return tensor.Integer(2, 1).String(8, name).Bytes(9, weight.Data.Span);
        }
    }
}
