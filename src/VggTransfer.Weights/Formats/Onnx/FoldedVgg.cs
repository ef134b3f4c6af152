using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>A VGG that takes pixels, with batch norm and the pixels' normalisation folded into its convolutions.</summary>
/// <param name="Architecture">What it looks like; batch norm layers in it do nothing.</param>
/// <param name="MeanPixel">What is subtracted from pixels, in R, G, B from 0 to 255.</param>
/// <param name="Convolution">The weights of a convolution.</param>
/// <param name="Tensor">A tensor of a dense layer.</param>
internal sealed record FoldedVgg(
    VggArchitecture Architecture, float[] MeanPixel, Func<VggLayer, FoldedConvolution> Convolution, Func<TensorSpecification, ModelTensor> Tensor)
{
    /// <summary>Folds a model's weights.</summary>
    /// <param name="model">The model; it is read when weights are asked for.</param>
    /// <param name="inputSize">The side of the input; null for the model's own.</param>
    /// <exception cref="ArgumentException">It isn't known how pixels are normalised, or the dense layers need another size.</exception>
    public static FoldedVgg Of(VggModel model, int? inputSize)
    {
        VggArchitecture architecture = VggOnnxGraph.Resized(model.Architecture, inputSize);
        ChannelNormalization normalization = ChannelNormalization.For(VggOnnxGraph.FamilyOf(model));
        VggLayer[] layers = [.. architecture.Layers];
        return new FoldedVgg(
            architecture,
            FoldedConvolution.MeanPixel(normalization),
            layer =>
            {
                int place = Array.FindIndex(layers, other => other.Name == layer.Name);
                return new FoldedConvolution(model, layer, architecture.BatchNorm ? layers[place + 1] : null, place == 0 ? normalization : null);
            },
            tensor => model.Tensors[tensor.Name]);
    }
}
