using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// The values of a graph that don't depend on its input: stored tensors, Constant nodes, and what simple operators make
/// of them (half precision that is widened, transposed or reshaped weights).
/// </summary>
internal sealed class OnnxConstants
{
    // A weight passes through a few operators at most.
    private const int MaximumDepth = 32;

    private readonly OnnxDocument _document;
    private readonly OnnxTensorData _data;
    private readonly Dictionary<string, OnnxNode> _producers;
    private readonly Dictionary<string, ModelTensor> _weights = new(StringComparer.Ordinal);

    /// <param name="document">The file.</param>
    /// <param name="data">Where tensors' data come from.</param>
    /// <param name="producers">The node behind each value.</param>
    public OnnxConstants(OnnxDocument document, OnnxTensorData data, Dictionary<string, OnnxNode> producers)
    {
        _document = document;
        _data = data;
        _producers = producers;
    }

    /// <summary>A constant as a weight.</summary>
    /// <param name="value">A value that doesn't depend on the graph's input.</param>
    /// <exception cref="InvalidModelFileException">There is no such value, it isn't one of numbers, or an operator behind it isn't known.</exception>
    public ModelTensor Weight(string value) => Weight(value, 0);

    /// <summary>A constant as a few whole numbers, such as a shape; null if it isn't that.</summary>
    public long[]? Integers(string value)
    {
        for (int depth = 0; depth < MaximumDepth; depth++)
        {
            if (_document.Initializers.TryGetValue(value, out OnnxTensor? tensor))
            {
                return _data.Integers(tensor, value);
            }

            if (!_producers.TryGetValue(value, out OnnxNode? node))
            {
                return null;
            }

            if (node.QualifiedOperator == "Constant")
            {
                return node.Attributes switch
                {
                    { } attributes when attributes.TryGetValue("value", out OnnxAttribute? attribute) && attribute.Tensor is not null => _data.Integers(attribute.Tensor, value),
                    { } attributes when attributes.TryGetValue("value_ints", out OnnxAttribute? attribute) => [.. attribute.Integers],
                    { } attributes when attributes.TryGetValue("value_int", out OnnxAttribute? attribute) => [attribute.Integer],
                    _ => null,
                };
            }

            if (node.QualifiedOperator is not ("Identity" or "Cast" or "Reshape" or "Unsqueeze" or "Squeeze") || node.Input(0) is not { } input)
            {
                return null;
            }

            value = input;
        }

        return null;
    }

    private ModelTensor Weight(string value, int depth)
    {
        if (_weights.TryGetValue(value, out ModelTensor? known))
        {
            return known;
        }

        if (depth > MaximumDepth)
        {
            throw Fault(value, $"passes through more than {MaximumDepth} operators");
        }

        ModelTensor weight = _document.Initializers.TryGetValue(value, out OnnxTensor? tensor)
            ? _data.Weights(tensor, value)
            : _producers.TryGetValue(value, out OnnxNode? node) ? Computed(node, value, depth) : throw Fault(value, "isn't in the file; export the model with its weights");
        return _weights[value] = weight;
    }

    private ModelTensor Computed(OnnxNode node, string value, int depth)
    {
        switch (node.QualifiedOperator)
        {
            case "Constant":
                if (node.Attributes.TryGetValue("value", out OnnxAttribute? attribute) && attribute.Tensor is not null)
                {
                    return _data.Weights(attribute.Tensor, value);
                }

                if (node.Attributes.TryGetValue("value_floats", out attribute) && attribute.Singles.Count > 0)
                {
                    return ModelTensor.FromFloat32(value, [attribute.Singles.Count], [.. attribute.Singles]);
                }

                return node.Attributes.TryGetValue("value_float", out attribute)
                    ? ModelTensor.FromFloat32(value, [], [attribute.Single])
                    : throw Fault(value, $"is a constant of a kind that weights don't have");
            case "Identity":
                return Weight(Source(node, value), depth + 1);
            case "Cast":
                return Cast(Weight(Source(node, value), depth + 1), node, value);
            case "Transpose":
                return Transpose(Weight(Source(node, value), depth + 1), node, value);
            case "Reshape" or "Squeeze" or "Unsqueeze" or "Flatten":
                return Reshape(Weight(Source(node, value), depth + 1), node, value);
            case "DequantizeLinear":
                throw Fault(value, "is quantised (DequantizeLinear), and such weights aren't read; take the model that it was made from");
            default:
                throw Fault(value, $"is computed by {node.Display}, which isn't read; export the model with constants folded");
        }
    }

    private static ModelTensor Cast(ModelTensor weight, OnnxNode node, string value) => (OnnxElementType)node.Integer("to", 0) switch
    {
        // Widening changes no number, so the smaller form is kept.
        OnnxElementType.Float or OnnxElementType.Double => TensorArrangement.Rename(weight, value, weight.Shape),
        OnnxElementType.Float16 => TensorArrangement.Rename(weight.ConvertTo(TensorType.Float16), value, weight.Shape),
        OnnxElementType.BFloat16 => TensorArrangement.Rename(weight.ConvertTo(TensorType.BFloat16), value, weight.Shape),
        _ => weight,
    };

    private ModelTensor Transpose(ModelTensor weight, OnnxNode node, string value)
    {
        int rank = weight.Shape.Count;
        long[] order = node.Integers("perm") is { Count: > 0 } given ? [.. given] : [.. Enumerable.Range(0, rank).Reverse().Select(axis => (long)axis)];
        return order.Length == rank && order.Order().SequenceEqual(Enumerable.Range(0, rank).Select(axis => (long)axis))
            ? TensorArrangement.Rename(TensorArrangement.Transpose(weight, [.. order.Select(axis => (int)axis)]), value, [.. order.Select(axis => weight.Shape[(int)axis])])
            : throw Fault(value, $"is transposed by ({string.Join(", ", order.Take(16))}), which is no order of its {rank} dimensions");
    }

    /// <summary>Another shape over the same numbers.</summary>
    private ModelTensor Reshape(ModelTensor weight, OnnxNode node, string value)
    {
        long[] wanted;
        switch (node.Operator)
        {
            case "Reshape":
                wanted = node.Integers("shape") is { } old ? [.. old] : node.Input(1) is { } shape ? Integers(shape) ?? [] : [];
                break;
            case "Flatten":
                wanted = [weight.Shape.Take((int)Math.Clamp(node.Integer("axis", 1), 0, weight.Shape.Count)).Aggregate(1L, (product, side) => product * side), -1];
                break;
            default:
                // Squeeze and Unsqueeze only take away or add dimensions of one, which vectors here may have or not.
                return weight;
        }

        long count = weight.ElementCount;
        for (int i = 0; i < wanted.Length; i++)
        {
            wanted[i] = wanted[i] == 0 && i < weight.Shape.Count ? weight.Shape[i] : wanted[i];
        }

        int free = Array.IndexOf(wanted, -1);
        long product = 1;
        foreach (long side in wanted.Where((_, axis) => axis != free))
        {
            product = side is > 0 and <= int.MaxValue && product <= int.MaxValue ? product * side : 0;
        }

        if (free >= 0 && product > 0 && count % product == 0)
        {
            wanted[free] = count / product;
            product = count;
        }

        return product == count && wanted.Length <= 16
            ? TensorArrangement.Rename(weight, value, [.. wanted.Select(side => (int)side)])
            : throw Fault(value, $"is reshaped to ({string.Join(", ", wanted.Take(16))}), which doesn't fit its {count:N0} numbers");
    }

    private string Source(OnnxNode node, string value) => node.Input(0) ?? throw Fault(value, $"is computed by {node.Display} of nothing");

    private InvalidModelFileException Fault(string value, string reason) => _document.Source.Fault($"tensor '{MessageText.Shorten(value)}' {reason}");
}
