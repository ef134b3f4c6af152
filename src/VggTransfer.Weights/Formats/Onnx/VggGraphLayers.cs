using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>How a VGG's layers become nodes of a graph, in one kind of arithmetic.</summary>
/// <param name="graph">What the nodes are added to.</param>
/// <param name="model">The weights.</param>
internal abstract class VggGraphLayers(OnnxGraph graph, VggModel model)
{
    protected OnnxGraph Graph { get; } = graph;

    protected VggModel Model { get; } = model;

    /// <summary>From (N, size, size, 3) bytes to what the first convolution takes.</summary>
    /// <param name="pixels">The input's name.</param>
    public abstract string AddPixels(string pixels);

    /// <summary>A convolution with the batch norm behind it, and ReLU.</summary>
    /// <param name="layer">The convolution.</param>
    /// <param name="batchNorm">The batch norm behind it, or null.</param>
    /// <param name="input">The value it takes.</param>
    /// <param name="takesPixels">Whether that value comes from <see cref="AddPixels"/>.</param>
    public abstract string AddConvolution(VggLayer layer, VggLayer? batchNorm, string input, bool takesPixels);

    /// <param name="layer">A dense layer, with ReLU if it is hidden.</param>
    /// <param name="input">The value it takes.</param>
    /// <param name="isLast">Whether no other layer follows.</param>
    public abstract string AddDense(VggLayer layer, string input, bool isLast);

    /// <summary>A layer's output as 4-byte floating point.</summary>
    public abstract string ToSingles(VggLayer layer, string value);

    public virtual string AddMaxPooling(VggLayer layer, string input) =>
        Graph.AddNode("MaxPool", layer.Name, [input], OnnxProto.Attribute("kernel_shape", 2, 2), OnnxProto.Attribute("strides", 2, 2));

    public virtual string AddFlatten(VggLayer layer, string input) =>
        Graph.AddNode("Flatten", layer.Name, [input], OnnxProto.Attribute("axis", 1));

    /// <summary>Attributes of a convolution that keeps the size of its map.</summary>
    protected static byte[][] ConvolutionAttributes(VggLayer layer)
    {
        int padding = layer.KernelSize / 2;
        return
        [
            OnnxProto.Attribute("kernel_shape", layer.KernelSize, layer.KernelSize),
            OnnxProto.Attribute("pads", padding, padding, padding, padding),
            OnnxProto.Attribute("strides", 1, 1),
        ];
    }
}
