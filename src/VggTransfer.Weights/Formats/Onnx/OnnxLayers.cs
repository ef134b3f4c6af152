using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Translates single nodes into the steps of a chain: attributes with their defaults, weights with their layouts.</summary>
internal sealed class OnnxLayers(OnnxConstants constants, OnnxConnections connections)
{
    private static readonly long[] s_ones = [1, 1];
    private static readonly long[] s_zeros = [0, 0, 0, 0];

    /// <summary>A convolution, and the ReLU inside it if it is ONNX Runtime's fused one.</summary>
    /// <param name="node">Conv or FusedConv.</param>
    /// <param name="padding">What a Pad before it added: top, left, bottom, right.</param>
    public IEnumerable<ChainStep> Convolution(OnnxNode node, IReadOnlyList<long> padding)
    {
        if (WeightOf(node, 1) is not { Shape.Count: 4 } kernel || node.Input(3) is not null)
        {
            return [Foreign(node, node.Input(3) is null ? "has no stored kernel of two spatial dimensions" : "adds another value to its result (a residual branch), which no VGG does")];
        }

        long[] window = [kernel.Shape[2], kernel.Shape[3]];
        if (node.Integers("kernel_shape") is { Count: > 0 } claimed && !claimed.SequenceEqual(window))
        {
            return [Foreign(node, $"claims a kernel of {string.Join('x', claimed.Take(4))}, and its weights have {string.Join('x', window)}")];
        }

        IReadOnlyList<long> strides = Pair(node, "strides");
        IReadOnlyList<long> dilations = Pair(node, "dilations");
        IReadOnlyList<long> pads = node.Text("auto_pad", "NOTSET") switch
        {
            // At stride 1 an odd kernel is padded alike on both sides, whichever of the two it is.
            "SAME_UPPER" or "SAME_LOWER" => [window[0] / 2, window[1] / 2, window[0] / 2, window[1] / 2],
            "VALID" => s_zeros,
            _ => node.Integers("pads") is { Count: 4 } given ? given : s_zeros,
        };
        var convolution = new ConvolutionStep(node.Display, kernel, WeightOf(node, 2))
        {
            Strides = strides,
            Dilations = dilations,
            Groups = node.Integer("group", 1),
            Pads = [.. pads.Zip(padding, (own, before) => own + before)],
        };
        return WithActivation(node, convolution);
    }

    /// <summary>A dense layer, and the ReLU inside it if it is ONNX Runtime's fused one.</summary>
    /// <param name="node">Gemm, FusedGemm or MatMul.</param>
    public IEnumerable<ChainStep> Dense(OnnxNode node)
    {
        if (WeightOf(node, 1) is not { Shape.Count: 2 } weight)
        {
            return [Foreign(node, "has no stored weight of two dimensions")];
        }

        if (node.Integer("transA", 0) != 0 || node.Single("alpha", 1) != 1 || (node.Input(2) is not null && node.Single("beta", 1) != 1))
        {
            return [Foreign(node, "transposes its input or scales its result, which no VGG does")];
        }

        // MatMul has no such attribute: its weight is always in x out.
        bool isInputByOutput = node.Integer("transB", 0) == 0;
        return WithActivation(node, new DenseStep(node.Display, weight, isInputByOutput, WeightOf(node, 2)));
    }

    /// <summary>Batch normalisation as it works in inference.</summary>
    public ChainStep BatchNorm(OnnxNode node)
    {
        if (WeightOf(node, 3) is not { } mean || WeightOf(node, 4) is not { } variance)
        {
            return Foreign(node, "has no stored mean and variance");
        }

        if (node.Integer("training_mode", 0) != 0)
        {
            return Foreign(node, "works in training mode; export the model for inference");
        }

        // Files hold a single; 1e-5 should be the same number wherever it comes from.
        double epsilon = double.Parse(node.Single("epsilon", 1e-5f).ToString("R", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
        return new BatchNormStep(node.Display, WeightOf(node, 1), WeightOf(node, 2), mean, variance, epsilon);
    }

    /// <summary>A pool over a window; null for one over single places, which does nothing.</summary>
    /// <param name="node">MaxPool or AveragePool.</param>
    /// <param name="padding">What a Pad before it added.</param>
    public static ChainStep? Pool(OnnxNode node, IReadOnlyList<long> padding)
    {
        if (node.Integers("kernel_shape") is not { Count: 2 } window)
        {
            return Foreign(node, "is a pool without a window of two dimensions");
        }

        if (node.Integers("dilations")?.Any(dilation => dilation != 1) == true)
        {
            return Foreign(node, "is a dilated pool, and a VGG's aren't");
        }

        IReadOnlyList<long> strides = Pair(node, "strides");
        string automatic = node.Text("auto_pad", "NOTSET");
        IReadOnlyList<long> own = automatic is "NOTSET" or "" && node.Integers("pads") is { Count: 4 } given ? given : s_zeros;
        long[] pads = [.. own.Zip(padding, (mine, before) => mine + before)];

        // One more row at the end only completes a last window that would be cut off.
        bool roundsUp = node.Integer("ceil_mode", 0) != 0 || automatic.StartsWith("SAME", StringComparison.Ordinal) || pads is [0, 0, 0 or 1, 0 or 1] && pads.Any(pad => pad == 1);
        bool isMaximum = node.Operator == "MaxPool";
        bool hasPadding = pads is not [0, 0, 0 or 1, 0 or 1] || padding.Any(pad => pad != 0);
        return window.All(side => side == 1) && strides.All(stride => stride == 1) && pads.All(pad => pad == 0)
            ? null
            : new PoolStep(node.Display, isMaximum, window, strides) { HasPadding = hasPadding, RoundsUp = roundsUp };
    }

    /// <summary>A stored weight at a place of a node's inputs; null where it is left out or computed from the image.</summary>
    public ModelTensor? WeightOf(OnnxNode node, int input) =>
        node.Input(input) is { } value && !connections.IsComputed(value) ? constants.Weight(value) : null;

    /// <summary>A node that ends the chain.</summary>
    public static ForeignStep Foreign(OnnxNode node, string difference, string? advice = null) => new(node.Display, difference, advice);

    private static IEnumerable<ChainStep> WithActivation(OnnxNode node, ChainStep step) => node.Text("activation", "") switch
    {
        "" => [step],
        "Relu" => [step, new ReluStep(node.Display)],
        { } activation => [step, Foreign(node, $"has the activation {MessageText.Shorten(activation)} inside")],
    };

    private static IReadOnlyList<long> Pair(OnnxNode node, string name) => node.Integers(name) is { Count: > 0 } given ? given : s_ones;
}
