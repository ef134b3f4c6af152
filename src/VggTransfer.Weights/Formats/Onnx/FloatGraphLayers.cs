using System.Runtime.InteropServices;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Layers in 4-byte floating point.</summary>
internal sealed class FloatGraphLayers(OnnxGraph graph, VggModel model) : VggGraphLayers(graph, model)
{
    public override string AddPixels(string pixels)
    {
        string floats = Graph.AddNode("Cast", "pixels_float", [pixels], OnnxProto.Attribute("to", (long)OnnxElementType.Float));
        string planes = Graph.AddNode("Transpose", "pixels_nchw", [floats], OnnxProto.Attribute("perm", 0, 3, 1, 2));

        // Only the mean stays a node of its own: the convolution's padding is zero after subtraction, so it can't go
        // into the bias. Channel order and scale go into the first kernel.
        float[] meanPixel = FoldedConvolution.MeanPixel(ChannelNormalization.For(VggOnnxGraph.FamilyOf(Model)));
        return meanPixel.All(mean => mean == 0)
            ? planes
            : Graph.AddNode("Sub", "pixels_centred", [planes, Graph.AddInitializer(OwnOnnxGraph.MeanPixelName, [1, 3, 1, 1], meanPixel)]);
    }

    public override string AddConvolution(VggLayer layer, VggLayer? batchNorm, string input, bool takesPixels)
    {
        var folded = new FoldedConvolution(Model, layer, batchNorm, takesPixels ? ChannelNormalization.For(VggOnnxGraph.FamilyOf(Model)) : null);
        string kernel;
        string bias;
        if (folded.IsUnchanged)
        {
            kernel = AddWeight(folded.Kernel);
            bias = AddWeight(folded.Bias);
        }
        else
        {
            kernel = Graph.AddInitializer(
                folded.KernelName, OnnxElementType.Float, folded.Shape, checked((int)folded.Kernel.ElementCount * sizeof(float)), () => MemoryMarshal.AsBytes(folded.KernelValues().AsSpan()).ToArray());
            bias = Graph.AddInitializer(folded.BiasName, folded.Bias.Shape, folded.BiasValues());
        }

        string convolution = Graph.AddNode("Conv", $"{layer.Name}_linear", [input, kernel, bias], ConvolutionAttributes(layer));
        return Graph.AddNode("Relu", layer.Name, [convolution]);
    }

    public override string AddDense(VggLayer layer, string input, bool isLast)
    {
        string output = Graph.AddNode("Gemm", layer.HasReLU ? $"{layer.Name}_linear" : layer.Name,
            [input, AddWeight(Model.Tensors[layer.Tensors[0].Name]), AddWeight(Model.Tensors[layer.Tensors[1].Name])],
            OnnxProto.Attribute("transB", 1));
        return layer.HasReLU ? Graph.AddNode("Relu", layer.Name, [output]) : output;
    }

    public override string ToSingles(VggLayer layer, string value) => value;

    /// <summary>Half-precision weights stay so in the file, and are widened when a session is made.</summary>
    private string AddWeight(ModelTensor tensor)
    {
        int bytes = checked((int)tensor.ElementCount * sizeof(float));
        switch (tensor.Type)
        {
            case TensorType.Float16:
                string half = Graph.AddConstant($"{tensor.Name}_half", OnnxElementType.Float16, tensor.Shape, tensor.Data.Length, () => tensor.Data);
                return Graph.AddNode("Cast", tensor.Name, [half], OnnxProto.Attribute("to", (long)OnnxElementType.Float));
            case TensorType.Float32:
                return Graph.AddInitializer(tensor.Name, OnnxElementType.Float, tensor.Shape, bytes, () => tensor.Data);
            default:
                return Graph.AddInitializer(tensor.Name, OnnxElementType.Float, tensor.Shape, bytes, () => tensor.ConvertTo(TensorType.Float32).Data);
        }
    }
}
