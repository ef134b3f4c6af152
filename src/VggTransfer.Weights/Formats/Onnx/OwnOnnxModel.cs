using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// Takes back what <see cref="OnnxModelWriter"/> did to a model. What can't be taken back is said in the notes: folded batch norm, layers
/// that an export left out, weights in 8-bit integers.
/// </summary>
internal sealed class OwnOnnxModel
{
    private readonly OnnxDocument _document;
    private readonly OwnOnnxGraph _graph;
    private readonly VggArchitecture _written;
    private readonly bool _isInt8;
    private readonly List<string> _notes = [];

    private OwnOnnxModel(OnnxDocument document, OwnOnnxGraph graph) => (_document, _graph, _written, _isInt8) = (document, graph, graph.Architecture, graph.IsInt8);

    /// <summary>Makes the model.</summary>
    /// <param name="document">The file.</param>
    /// <param name="external">The files beside it.</param>
    /// <param name="head">The last dense layer, for a graph that may end before it; null for none.</param>
    /// <param name="owner">What the model disposes.</param>
    /// <exception cref="InvalidModelFileException">The graph isn't what its metadata say, or ends before the last convolution.</exception>
    public static WeightsContent Read(OnnxDocument document, OnnxExternalData external, (ModelTensor Weight, ModelTensor Bias)? head, IDisposable owner) =>
        new OwnOnnxModel(document, new OwnOnnxGraph(document, external)).Read(head, owner);

    private WeightsContent Read((ModelTensor Weight, ModelTensor Bias)? head, IDisposable owner)
    {
        CheckPreprocessing();
        VggLayer[] dense = [.. _written.Layers.Where(layer => layer.Kind == VggLayerKind.Dense)];
        int found = dense.TakeWhile(layer => _graph.Has(layer.Tensors[0])).Count();
        bool takesHead = found > 0 && found == dense.Length - 1 && head?.Weight.Shape[1] == _written.DenseUnits;
        bool includeTop = dense.Length > 0 && (takesHead || found == dense.Length);
        VggArchitecture architecture = _written with
        {
            BatchNorm = false,
            IncludeTop = includeTop,

            // A head that was trained on fc7 has classes of its own.
            Classes = takesHead ? head!.Value.Weight.Shape[0] : _written.Classes,
        };
        var tensors = new List<ModelTensor>();
        VggLayer? before = null;
        foreach (VggLayer layer in architecture.Layers.Where(layer => layer.Kind is VggLayerKind.Convolution or VggLayerKind.Dense))
        {
            (ModelTensor kernel, ModelTensor bias) = takesHead && layer.Name == dense[^1].Name ? head!.Value
                : before is null && _graph.TakesPixels ? FirstLayer(layer)
                : Stored(layer, before, planes: 0);
            tensors.AddRange([Named(kernel, layer.Tensors[0]), Named(bias, layer.Tensors[1])]);
            before = layer;
        }

        Describe(includeTop);
        ModelMetadata facts = _graph.Metadata with { Architecture = architecture, Labels = includeTop && architecture.Classes == _written.Classes ? _graph.Metadata.Labels : null };
        return new WeightsContent(facts.CreateModel(tensors, owner, _document.Source.Path, _document.Source.Format), WeightsFormat.Onnx, _notes);
    }

    /// <summary>The graph must begin as the writer makes it begin: a wrong family would give plausible, wrong features.</summary>
    private void CheckPreprocessing()
    {
        PreprocessingFamily? family = _graph.Metadata.Preprocessing;
        float[] mean = _graph.TakesPixels && !_isInt8 && family is { } known ? FoldedConvolution.MeanPixel(ChannelNormalization.For(known)) : [0, 0, 0];
        if ((_graph.TakesPixels && family is null) || !_graph.MeanPixel.AsSpan().SequenceEqual(mean))
        {
            throw _graph.Fault($"its graph doesn't begin with the preprocessing that its metadata name ({family?.ToString() ?? "none"}); it was changed after it was written, so export the model again");
        }
    }

    private void Describe(bool includeTop)
    {
        if (_isInt8)
        {
            _notes.Add("The file's weights are 8-bit integers. They are read as those integers times their filter's scale, so each is within 0.4 % of its filter's largest weight of what it was before.");
            return;
        }

        if (_written.BatchNorm)
        {
            _notes.Add("Batch norm was folded into the convolutions when the file was written, which can't be undone: the model gives the same results without batch norm layers.");
        }

        if (_written.IncludeTop && !includeTop)
        {
            _notes.Add("The file holds the convolutions only: its dense part was left out when it was written.");
        }
    }

    private ModelTensor Named(ModelTensor tensor, TensorSpecification name) => FiniteWeights.Require(
        TensorArrangement.Rename(tensor, name.Name, tensor.Shape), reason => _graph.Fault($"tensor '{name.Name}' {reason}"));

    /// <summary>A layer as the graph has it.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="before">The layer whose outputs it takes; null for the first.</param>
    /// <param name="planes">Input planes that the graph's kernel has more than the network's.</param>
    private (ModelTensor Kernel, ModelTensor Bias) Stored(VggLayer layer, VggLayer? before, int planes)
    {
        // Batch norm is folded, and without it torchvision counts other places for the same convolutions.
        IReadOnlyList<TensorSpecification> written = _written.Layer(layer.Name).Tensors;
        if (!_isInt8)
        {
            return (_graph.Weight(written[0]), _graph.Weight(written[1]));
        }

        // Pixels go in as they are; then each layer's outputs are counted in 255ths of its range.
        float inputScale = before is null ? 1
            : _graph.Metadata.ActivationRanges is { } ranges && ranges.TryGetValue(before.Name, out ActivationRange range) && range.Maximum > 0 ? range.Maximum / byte.MaxValue
            : throw _graph.Fault($"its metadata don't say the range of '{before.Name}'");
        int[] shape = [.. written[0].Shape];
        shape[1] += planes;
        sbyte[] integers = _graph.Numbers<sbyte>(written[0].Name, OnnxElementType.Int8, shape);
        float[] scales = _graph.Numbers<float>($"{written[0].Name}_scale", OnnxElementType.Float, [shape[0]]);
        int[] biases = _graph.Numbers<int>(written[1].Name, OnnxElementType.Int32, [shape[0]]);
        int row = integers.Length / shape[0];
        return (
            ModelTensor.FromFloat32(written[0].Name, shape, [.. integers.Select((value, i) => value * scales[i / row])]),
            ModelTensor.FromFloat32(written[1].Name, [shape[0]], [.. biases.Select((value, i) => (float)(value * (double)inputScale * scales[i]))]));
    }

    /// <summary>The first layer without the normalisation of the pixels.</summary>
    private (ModelTensor Kernel, ModelTensor Bias) FirstLayer(VggLayer layer)
    {
        if (_document.Metadata.TryGetValue(FirstLayerText.Key, out string? text))
        {
            return FirstLayerText.Read(text, layer) ?? throw _graph.Fault($"its metadata has a '{FirstLayerText.Key}' that can't be understood");
        }

        // Files of version 0.1.0 don't say it, so it is taken out of what they have.
        ChannelNormalization normalization = ChannelNormalization.For(_graph.Metadata.Preprocessing!.Value);
        float[] mean = FoldedConvolution.MeanPixel(normalization);
        bool subtractsInKernel = _isInt8 && mean.Any(value => value != 0);
        (ModelTensor kernel, ModelTensor bias) = Stored(layer, before: null, planes: subtractsInKernel ? 1 : 0);
        float[] folded = kernel.ToSingles();
        if (subtractsInKernel)
        {
            float[] biases = bias.ToSingles();
            folded = Int8GraphLayers.WithoutPlaneOfOnes(folded, kernel.Shape, mean, biases);
            bias = ModelTensor.FromFloat32(bias.Name, bias.Shape, biases);
        }

        if (!_isInt8 && normalization.Std.Any(std => normalization.Scale / std != 1))
        {
            _notes.Add("The normalisation of the pixels was folded into the first convolution's kernel, and is taken out of it again: each of its numbers is within 0.00003 % (two units in the last place) of what was written, and gives the same file when it is exported again; all other tensors are exact.");
        }

        return (ModelTensor.FromFloat32(kernel.Name, layer.Tensors[0].Shape, Unfold(folded, layer.Tensors[0].Shape, normalization)), bias);
    }

    private static float[] Unfold(float[] folded, IReadOnlyList<int> shape, ChannelNormalization normalization)
    {
        int window = shape[2] * shape[3];
        float[] kernel = new float[folded.Length];
        for (int i = 0; i < folded.Length; i++)
        {
            int channel = normalization.SourceChannel(i / window % 3);
            float factor = normalization.Scale / normalization.Std[channel];
            float quotient = folded[i] / factor;

            // A quotient of two singles is that near to the number that was multiplied.
            float[] near = [.. ((int[])[0, 1, -1, 2, -2]).Select(step => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(quotient) + step))];
            kernel[(((i / window / 3 * 3) + channel) * window) + (i % window)] = near.FirstOrDefault(value => value * factor == folded[i], quotient);
        }

        return kernel;
    }
}
