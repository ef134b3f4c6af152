using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// Reads a graph that <see cref="OnnxModelWriter"/> wrote in 8-bit integers: each weight is its integer times its filter's
/// scale. The result gives nearly the same features in floating point, and can be trained or quantised again.
/// </summary>
internal sealed class Int8OnnxModel
{
    private const string Note =
        "The file's weights are 8-bit integers. They are read as those integers times their filter's scale, so each is within 0.4 % of its filter's largest weight of what it was before.";

    private readonly OnnxDocument _document;
    private readonly OnnxTensorData _data;
    private readonly VggArchitecture _architecture;
    private readonly ModelMetadata _metadata;

    private Int8OnnxModel(OnnxDocument document, OnnxTensorData data, VggArchitecture architecture, ModelMetadata metadata)
    {
        _document = document;
        _data = data;
        _architecture = architecture;
        _metadata = metadata;
    }

    /// <summary>Whether a file is one of these.</summary>
    public static bool IsOne(OnnxDocument document) =>
        ModelMetadata.IsPresent(document.Metadata) && document.Nodes.Any(node => node.QualifiedOperator == "QLinearConv");

    /// <summary>Makes the model, of tensors of its own.</summary>
    /// <param name="document">The file.</param>
    /// <param name="external">Where data outside the file would be.</param>
    /// <param name="last">A last layer of the network that isn't in the graph; null for none.</param>
    /// <exception cref="InvalidModelFileException">The graph isn't what its metadata say, or ends before the last convolution.</exception>
    public static WeightsContent Read(OnnxDocument document, OnnxExternalData external, DenseStep? last)
    {
        ModelMetadata metadata = ModelMetadata.Parse(document.Metadata, document.Source.Path, OnnxModelReader.FormatName);
        VggArchitecture written = metadata.Architecture;
        string[] kernels = [.. written.Layers.Where(layer => layer.Kind == VggLayerKind.Dense).Select(layer => layer.Tensors[0].Name)];
        bool hasAll = kernels.All(document.Initializers.ContainsKey);
        bool includeTop = written.IncludeTop && (hasAll || (last is not null && kernels[..^1].All(document.Initializers.ContainsKey)));
        int? classes = hasAll || last is null ? null : last.Weight.Shape[0];
        VggArchitecture architecture = written with
        {
            BatchNorm = false,
            IncludeTop = includeTop,
            Classes = classes ?? written.Classes,
            InputSize = SizeOf(document),
        };
        var reader = new Int8OnnxModel(document, new OnnxTensorData(document.Source, external), architecture, metadata);
        ModelTensor[] tensors = [.. reader.Tensors(hasAll ? null : last)];
        ModelMetadata facts = metadata with { Architecture = architecture, Labels = includeTop && hasAll ? metadata.Labels : null };
        return new WeightsContent(facts.CreateModel(tensors, owner: null, document.Source.Path, OnnxModelReader.FormatName), WeightsFormat.Onnx, [Note]);
    }

    private IEnumerable<ModelTensor> Tensors(DenseStep? last)
    {
        // Pixels go in as they are; then each layer's outputs are counted in 255ths of its range.
        float inputScale = 1;
        bool isFirst = true;
        foreach (VggLayer layer in _architecture.Layers.Where(layer => layer.Kind is VggLayerKind.Convolution or VggLayerKind.Dense))
        {
            if (last is not null && layer.Name == "predictions")
            {
                yield return new ModelTensor(layer.Tensors[0].Name, last.Weight.Shape, last.Weight.Type, last.Weight.Data);
                yield return new ModelTensor(layer.Tensors[1].Name, last.Bias!.Shape, last.Bias.Type, last.Bias.Data);
                yield break;
            }

            foreach (ModelTensor tensor in Dequantize(layer, inputScale, isFirst))
            {
                yield return tensor;
            }

            isFirst = false;
            inputScale = _metadata.ActivationRanges is { } ranges && ranges.TryGetValue(layer.Name, out ActivationRange range) && range.Maximum > 0
                ? range.Maximum / byte.MaxValue
                : layer.Name == "predictions" ? 1
                : throw _document.Source.Fault($"its metadata don't say the range of '{layer.Name}'");
        }
    }

    private IEnumerable<ModelTensor> Dequantize(VggLayer layer, float inputScale, bool isFirst)
    {
        (TensorSpecification kernel, TensorSpecification bias) = (layer.Tensors[0], layer.Tensors[1]);

        // Batch norm is folded, and without it torchvision counts other places for the same convolutions.
        (string kernelName, string biasName) = (_metadata.Architecture.Layer(layer.Name).Tensors[0].Name, _metadata.Architecture.Layer(layer.Name).Tensors[1].Name);
        int outputs = kernel.Shape[0];
        ChannelNormalization? normalization = isFirst
            ? ChannelNormalization.For(_metadata.Preprocessing ?? throw _document.Source.Fault("its metadata don't say how pixels are normalised"))
            : null;
        float[]? mean = normalization is null ? null : FoldedConvolution.MeanPixel(normalization);
        bool subtractsMean = mean is not null && mean.Any(value => value != 0);
        int[] shape = [.. kernel.Shape];
        shape[1] += subtractsMean ? 1 : 0;

        sbyte[] integers = Numbers<sbyte>(kernelName, OnnxElementType.Int8, shape);
        float[] scales = Numbers<float>($"{kernelName}_scale", OnnxElementType.Float, [outputs]);
        float[] biases = [.. Numbers<int>(biasName, OnnxElementType.Int32, [outputs]).Select((value, i) => (float)(value * (double)inputScale * scales[i]))];
        if (!scales.All(float.IsFinite) || !biases.All(float.IsFinite))
        {
            throw _document.Source.Fault($"the scales of '{layer.Name}' aren't finite");
        }

        int row = integers.Length / outputs;
        float[] values = [.. integers.Select((value, i) => value * scales[i / row])];
        if (subtractsMean)
        {
            values = Int8GraphLayers.WithoutPlaneOfOnes(values, shape, mean!, biases);
        }

        yield return ModelTensor.FromFloat32(kernel.Name, kernel.Shape, normalization is null ? values : OwnOnnxModel.Unfold(values, kernel.Shape, normalization));
        yield return ModelTensor.FromFloat32(bias.Name, bias.Shape, biases);
    }

    private T[] Numbers<T>(string name, OnnxElementType type, IReadOnlyList<int> shape)
        where T : unmanaged => _document.Initializers.TryGetValue(name, out OnnxTensor? tensor)
            ? _data.Numbers<T>(tensor, name, type, shape)
            : throw _document.Source.Fault($"it has no '{name}': its graph ends before the network's last convolution, or was changed after it was written");

    private static int SizeOf(OnnxDocument document) =>
        document.Inputs is [{ Type: OnnxElementType.UInt8, Shape: [_, { } height, { } width, 3] }] && height == width && height is >= VggArchitecture.SmallestInput and <= VggArchitecture.LargestInput
            ? (int)height
            : throw document.Source.Fault("it doesn't take square RGB images of bytes; it was changed after it was written");
}
