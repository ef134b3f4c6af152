using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>An operator before the first convolution that works on the pixels' values.</summary>
/// <param name="Node">The node.</param>
/// <param name="Constant">What is subtracted, multiplied and so on; null for a cast.</param>
internal sealed record OnnxFrontOperation(OnnxNode Node, ModelTensor? Constant);

/// <summary>
/// Follows a graph from its image to its output and lists the layers on the way. Keeps track of the order of the axes, so
/// that TensorFlow's graphs, which transpose in front and before flattening, come out the same.
/// </summary>
internal sealed class OnnxChainReader
{
    private static readonly long[] s_noPadding = [0, 0, 0, 0];

    private readonly OnnxDocument _document;
    private readonly OnnxConnections _connections;
    private readonly OnnxConstants _constants;
    private readonly OnnxLayers _layers;
    private readonly List<ChainStep> _steps = [];
    private readonly List<OnnxFrontOperation> _front = [];
    private readonly HashSet<double> _dropouts = [];
    private readonly OnnxAxes _axes;

    private IReadOnlyList<long> _padding = s_noPadding;

    private OnnxChainReader(OnnxDocument document, OnnxExternalData external)
    {
        _document = document;
        _connections = new OnnxConnections(document);
        _constants = new OnnxConstants(document, new OnnxTensorData(document.Source, external), _connections.Producers);
        _layers = new OnnxLayers(_constants, _connections);
        Input = FindInput();
        _axes = new OnnxAxes(Input.Shape);
    }

    /// <summary>The graph's image.</summary>
    public OnnxGraphInput Input { get; }

    /// <summary>What happens to the pixels before the first convolution.</summary>
    public IReadOnlyList<OnnxFrontOperation> Front => _front;

    /// <summary>Reads the chain of a graph.</summary>
    /// <param name="document">The file.</param>
    /// <param name="external">The files beside it.</param>
    /// <param name="chain">The layers.</param>
    /// <exception cref="InvalidModelFileException">The graph isn't sound, or a weight on the way isn't.</exception>
    public static OnnxChainReader Read(OnnxDocument document, OnnxExternalData external, out LayerChain chain)
    {
        var reader = new OnnxChainReader(document, external);
        reader.Follow();
        chain = new LayerChain(document.Source.Path, document.Source.Format, reader._steps)
        {
            Height = reader._axes.InputRows,
            Width = reader._axes.InputColumns,
            Dropout = reader._dropouts.Count == 1 ? reader._dropouts.Single() : null,
        };
        return reader;
    }

    private OnnxGraphInput FindInput()
    {
        OnnxGraphInput[] inputs = [.. _document.Inputs.Where(input => _connections.LeadsToWeights(input.Name))];
        return inputs switch
        {
            [{ } input] => input,
            [] => throw _document.Source.Fault("no input of its graph leads to a layer with weights, so this is no VGG"),
            _ => throw _document.Source.Fault($"its graph takes {inputs.Length:N0} inputs ('{MessageText.Shorten(inputs[0].Name)}', '{MessageText.Shorten(inputs[1].Name)}'...), and a VGG takes one; if they are weights, export the model with its weights inside"),
        };
    }

    private void Follow()
    {
        string value = Input.Name;

        // The graph has no cycles, so this ends.
        while (true)
        {
            IReadOnlyList<OnnxNode> next = _connections.Next(value);
            if (next.Count == 0)
            {
                return;
            }

            if (next.Count > 1)
            {
                _steps.Add(new ForeignStep($"value '{MessageText.Shorten(value)}'", $"feeds both {next[0].Display} and {next[1].Display}") { HasWeightsBehind = true });
                return;
            }

            OnnxNode node = next[0];
            if (!TryStep(node, value) || node.Outputs.Count == 0 || node.Outputs[0].Length == 0)
            {
                return;
            }

            value = node.Outputs[0];
        }
    }

    /// <returns>Whether the chain goes on behind the node.</returns>
    private bool TryStep(OnnxNode node, string value)
    {
        int before = _steps.Count;
        bool takesValueFirst = node.Input(0) == value;
        switch (node.QualifiedOperator)
        {
            case "Identity" when takesValueFirst:
                break;
            case "Dropout" when takesValueFirst:
                AddDropout(node);
                break;
            case "Cast" when takesValueFirst:
                AddCast(node);
                break;
            case "Transpose" when takesValueFirst:
                Transpose(node);
                break;
            case "Pad" when takesValueFirst:
                AddPadding(node);
                break;
            case "Conv" or "com.microsoft.FusedConv" when takesValueFirst && _axes.CanConvolve():
                _steps.AddRange(_layers.Convolution(node, _padding));
                _padding = s_noPadding;
                break;
            case "BatchNormalization" when takesValueFirst && _axes.ChannelAxis is 1:
                _steps.Add(_layers.BatchNorm(node));
                break;
            case "Relu":
                _steps.Add(new ReluStep(node.Display));
                break;
            case "MaxPool" or "AveragePool" when _axes.IsImage:
                if (OnnxLayers.Pool(node, _padding) is { } pool)
                {
                    _steps.Add(pool);
                }

                _padding = s_noPadding;
                break;
            case "GlobalAveragePool" or "GlobalMaxPool" when _axes.IsImage:
                _steps.Add(new GlobalPoolStep(node.Display, node.Operator == "GlobalMaxPool"));
                break;
            case "ReduceMean" or "ReduceMax" when takesValueFirst:
                AddReduction(node);
                break;
            case "Flatten" or "Reshape" or "Squeeze" when takesValueFirst:
                AddFlatten(node);
                break;
            case "Gemm" or "MatMul" or "com.microsoft.FusedGemm" when takesValueFirst && _axes.IsVector:
                _steps.AddRange(_layers.Dense(node));
                break;
            case "Add" or "Sub" or "Mul" or "Div" when node.Inputs.Count == 2:
                AddArithmetic(node, value);
                break;
            case "Softmax" or "LogSoftmax" or "Sigmoid" when _axes.IsVector:
                _steps.Add(new OutputActivationStep(node.Display, node.Operator));
                break;
            default:
                _steps.Add(Unknown(node));
                break;
        }

        if (_padding != s_noPadding && node.Operator is not ("Pad" or "Transpose" or "Identity" or "Cast"))
        {
            _steps.Add(OnnxLayers.Foreign(node, "stands behind a Pad, which no VGG has there"));
        }

        int foreign = _steps.FindIndex(before, step => step is ForeignStep);
        if (foreign >= 0)
        {
            _steps[foreign] = (ForeignStep)_steps[foreign] with { HasWeightsBehind = node.Outputs.Any(_connections.LeadsToWeights) };
        }

        return foreign < 0;
    }

    private ForeignStep Unknown(OnnxNode node) => node switch
    {
        { Operator: "QuantizeLinear" or "DequantizeLinear" or "QLinearConv" or "ConvInteger" or "DynamicQuantizeLinear" or "QLinearMatMul" or "MatMulInteger" } =>
            OnnxLayers.Foreign(node, "is of a quantised model, whose weights aren't read", "take the floating-point model that it was made from"),
        { Domain: not "" } when _document.Functions.Contains(node.Operator) =>
            OnnxLayers.Foreign(node, "is an operator that the file itself defines, which isn't read", "inline it, as onnx.inliner does"),
        { Domain: not "" } =>
            OnnxLayers.Foreign(node, "is no operator of ONNX's own, and what it does with its weights isn't known here", "take the model from before it was optimised"),
        { Inputs: [_, ..] } when node.Operator is "Add" or "Sub" or "Mul" or "Div" or "Concat" or "Sum" =>
            OnnxLayers.Foreign(node, "joins branches, and a VGG is a single chain"),
        _ => OnnxLayers.Foreign(node, "is no layer of a VGG, or stands where a VGG has none"),
    };

    private void AddDropout(OnnxNode node)
    {
        if (_axes.IsVector)
        {
            float ratio = node.Single("ratio", 0.5f);
            if (_document.OperatorSet >= 12 && node.Input(1) is not null)
            {
                ratio = _layers.WeightOf(node, 1) is { ElementCount: 1 } stored ? stored.ToSingles()[0] : 0.5f;
            }

            _dropouts.Add(double.Parse(ratio.ToString("R", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private void AddCast(OnnxNode node)
    {
        if (_steps.Count == 0)
        {
            _front.Add(new OnnxFrontOperation(node, null));
        }

        if ((OnnxElementType)node.Integer("to", 0) is not (OnnxElementType.Float or OnnxElementType.Float16 or OnnxElementType.BFloat16 or OnnxElementType.Double))
        {
            _steps.Add(OnnxLayers.Foreign(node, "turns numbers into another kind"));
        }
    }

    private void Transpose(OnnxNode node)
    {
        IReadOnlyList<long> order = node.Integers("perm") ?? [];
        if (!_axes.TryTranspose(order))
        {
            _steps.Add(OnnxLayers.Foreign(node, $"transposes by ({string.Join(", ", order.Take(16))}), which is no order of {_axes.Count} axes"));
        }
    }

    private void AddPadding(OnnxNode node)
    {
        long[]? pads = node.Input(1) is { } value ? _constants.Integers(value) : (node.Integers("pads") ?? node.Integers("paddings"))?.ToArray();
        bool isZero = node.Input(2) is null ? node.Single("value", 0) == 0 : _layers.WeightOf(node, 2) is { ElementCount: 1 } stored && stored.ToSingles()[0] == 0;
        if (node.Text("mode", "constant") != "constant" || !isZero || pads is not { Length: 8 } || node.Input(3) is not null || _axes.Count != 4)
        {
            _steps.Add(OnnxLayers.Foreign(node, "pads with something else than zeros, or by an amount that isn't stored"));
            return;
        }

        (int row, int column) = _axes.PlaceAxes(isChannelsFirst: pads[1] == 0 && pads[5] == 0);
        if (pads.Where((_, axis) => axis % 4 != row && axis % 4 != column).Any(pad => pad != 0) || pads.Any(pad => pad is < 0 or > 4096))
        {
            _steps.Add(OnnxLayers.Foreign(node, "pads other axes than rows and columns, or cuts them"));
            return;
        }

        if (pads.Any(pad => pad != 0))
        {
            long[] more = [pads[row], pads[column], pads[row + 4], pads[column + 4]];
            _padding = [.. _padding.Zip(more, (already, added) => already + added)];
        }
    }

    private void AddReduction(OnnxNode node)
    {
        long[]? axes = node.Input(1) is { } value ? _constants.Integers(value) : node.Integers("axes")?.ToArray();
        if (!_axes.ArePlaces(axes))
        {
            _steps.Add(Unknown(node));
            return;
        }

        _steps.Add(new GlobalPoolStep(node.Display, node.Operator == "ReduceMax"));
        if (node.Integer("keepdims", 1) == 0)
        {
            _steps.Add(new FlattenStep(node.Display, ChannelsLast: false));
            _axes.Flatten();
        }
    }

    private void AddFlatten(OnnxNode node)
    {
        if (_axes.IsVector && node.Operator != "Squeeze" && MakesVector(node))
        {
            return;
        }

        bool isPooled = _steps.Count > 0 && _steps[^1] is GlobalPoolStep;
        if (!(_axes.IsImage || _axes.IsChannelsLast) || (node.Operator == "Squeeze" ? !SqueezesPlaces(node) && !isPooled : !MakesVector(node)))
        {
            _steps.Add(OnnxLayers.Foreign(node, "doesn't turn a map into a vector for each image"));
            return;
        }

        _steps.Add(new FlattenStep(node.Display, _axes.IsChannelsLast));
        _axes.Flatten();
    }

    private bool SqueezesPlaces(OnnxNode node)
    {
        long[]? axes = node.Input(1) is { } value ? _constants.Integers(value) : node.Integers("axes")?.ToArray();
        return _axes.ArePlaces(axes);
    }

    /// <summary>Whether a node makes (N, anything) of (N, ...).</summary>
    private bool MakesVector(OnnxNode node)
    {
        if (node.Operator == "Flatten")
        {
            long axis = node.Integer("axis", 1);
            return axis == 1 || axis == 1 - _axes.Count;
        }

        long[]? shape = node.Input(1) is { } value ? _constants.Integers(value) : node.Integers("shape")?.ToArray();
        if (shape is not null)
        {
            return shape.Length == 2 && shape[0] >= -1 && (shape[1] > 0 || shape[1] == -1);
        }

        // A free batch size: the shape is put together from the input's first dimension and the rest.
        return node.Input(1) is { } computed && (!_connections.Producers.TryGetValue(computed, out OnnxNode? maker) || maker.Operator != "Concat" || maker.Inputs.Count == 2);
    }

    private void AddArithmetic(OnnxNode node, string value)
    {
        string other = node.Inputs[0] == value ? node.Inputs[1] : node.Inputs[0];
        if (_connections.IsComputed(other) || other.Length == 0)
        {
            _steps.Add(Unknown(node));
            return;
        }

        ModelTensor constant = _constants.Weight(other);
        if (_steps.Count == 0)
        {
            _front.Add(new OnnxFrontOperation(node, constant));
        }
        else if (node.Operator == "Add" && _steps[^1] is ConvolutionStep { Bias: null } convolution && IsBias(constant, convolution.Kernel.Shape[0]))
        {
            _steps[^1] = convolution with { Bias = constant };
        }
        else if (node.Operator == "Add" && _steps[^1] is DenseStep { Bias: null } dense && IsBias(constant, dense.Outputs))
        {
            _steps[^1] = dense with { Bias = constant };
        }
        else
        {
            _steps.Add(OnnxLayers.Foreign(node, "computes with a constant where a VGG has no such thing"));
        }
    }

    /// <summary>Whether a constant has one number for each channel (or one for all) and ones along all other axes.</summary>
    private bool IsBias(ModelTensor constant, int channels)
    {
        int channelAxis = _axes.ChannelAxis;
        int missing = _axes.Count - constant.Shape.Count;
        return missing >= 0 && constant.Shape.Where((side, axis) => side != 1 && (axis + missing != channelAxis || side != channels)).Any() is false;
    }
}
