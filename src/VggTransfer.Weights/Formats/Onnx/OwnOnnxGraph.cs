using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>A graph that <see cref="OnnxModelWriter"/> wrote: its weights by the names that their layers have.</summary>
internal sealed class OwnOnnxGraph
{
    /// <summary>What the graph subtracts from pixels, in R, G, B from 0 to 255; it has none where that is nothing.</summary>
    public const string MeanPixelName = "mean_pixel";

    private readonly OnnxDocument _document;
    private readonly OnnxTensorData _data;
    private readonly Dictionary<string, OnnxNode> _producers;
    private readonly OnnxConstants _constants;

    /// <param name="document">The file.</param>
    /// <param name="external">The files beside it.</param>
    /// <exception cref="InvalidModelFileException">Its metadata are damaged, or it doesn't take images.</exception>
    public OwnOnnxGraph(OnnxDocument document, OnnxExternalData external)
    {
        _document = document;
        _data = new OnnxTensorData(document.Source, external);
        _producers = new OnnxConnections(document).Producers;
        _constants = new OnnxConstants(document, _data, _producers);
        Metadata = ModelMetadata.Parse(document.Metadata, document.Source.Path, document.Source.Format);
        int size;
        (TakesPixels, size) = document.Inputs switch
        {
            [{ Type: OnnxElementType.UInt8, Shape: [_, { } height, { } width, 3] }] when IsSide(height, width) => (true, (int)height),
            [{ Type: OnnxElementType.Float, Shape: [_, 3, { } height, { } width] }] when IsSide(height, width) => (false, (int)height),
            _ => throw Fault("it doesn't take square RGB images; it was changed after it was written"),
        };
        Architecture = Metadata.Architecture with { InputSize = size };
    }

    /// <summary>What the file says about the model.</summary>
    public ModelMetadata Metadata { get; }

    /// <summary>The network that was written, at the graph's input size. The graph may end before its last layer.</summary>
    public VggArchitecture Architecture { get; }

    /// <summary>Whether it takes pixels, whose normalisation is part of it.</summary>
    public bool TakesPixels { get; }

    /// <summary>Whether its weights are 8-bit integers.</summary>
    public bool IsInt8 => _document.Nodes.Any(node => node.QualifiedOperator == "QLinearConv");

    /// <summary>The mean pixel that is subtracted by a node of its own; zeros where none is.</summary>
    public float[] MeanPixel => _document.Initializers.TryGetValue(MeanPixelName, out OnnxTensor? mean) ? _data.Numbers<float>(mean, MeanPixelName, OnnxElementType.Float, [1, 3, 1, 1]) : [0, 0, 0];

    /// <summary>Whether a file was written by this library.</summary>
    public static bool IsOne(OnnxDocument document) => ModelMetadata.IsPresent(document.Metadata);

    /// <summary>The network as the graph computes it: batch norm and the normalisation of pixels are in its convolutions.</summary>
    public FoldedVgg ToFolded() =>
        new(Architecture, MeanPixel, layer => new FoldedConvolution(Weight(layer.Tensors[0]), Weight(layer.Tensors[1])), Weight);

    /// <summary>Whether the graph has a tensor.</summary>
    public bool Has(TensorSpecification tensor) => _document.Initializers.ContainsKey(tensor.Name) || _producers.ContainsKey(tensor.Name);

    /// <summary>A weight in floating point.</summary>
    /// <exception cref="InvalidModelFileException">There is none of the name and shape.</exception>
    public ModelTensor Weight(TensorSpecification tensor)
    {
        ModelTensor weight = Has(tensor) ? _constants.Weight(tensor.Name) : throw Missing(tensor.Name);
        return weight.Shape.SequenceEqual(tensor.Shape)
            ? weight
            : throw Fault($"its tensor '{tensor.Name}' has the shape ({string.Join(", ", weight.Shape)}), and its metadata say ({string.Join(", ", tensor.Shape)})");
    }

    /// <summary>Stored numbers of a kind.</summary>
    /// <exception cref="InvalidModelFileException">There are none of the name, type and shape.</exception>
    public T[] Numbers<T>(string name, OnnxElementType type, IReadOnlyList<int> shape)
        where T : unmanaged => _document.Initializers.TryGetValue(name, out OnnxTensor? tensor) ? _data.Numbers<T>(tensor, name, type, shape) : throw Missing(name);

    /// <summary>The exception for a fault.</summary>
    /// <param name="reason">The rest of a sentence, without a full stop.</param>
    public InvalidModelFileException Fault(string reason) => _document.Source.Fault(reason);

    private static bool IsSide(long height, long width) => height == width && height is >= VggArchitecture.SmallestInput and <= VggArchitecture.LargestInput;

    private InvalidModelFileException Missing(string name) =>
        Fault($"it has no '{name}': its graph ends before the network's last convolution, or was changed after it was written");
}
