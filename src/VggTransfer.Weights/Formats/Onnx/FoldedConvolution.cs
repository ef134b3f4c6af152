using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// A convolution with what stands beside it folded in: batch norm behind it, and before the first one the channel order and
/// the scale of the pixels. The mean pixel isn't: the convolution's padding is zero after subtraction.
/// </summary>
internal sealed class FoldedConvolution
{
    private readonly ModelTensor _kernel;
    private readonly ModelTensor _bias;
    private readonly float[]? _scale;
    private readonly float[]? _shift;
    private readonly ChannelNormalization? _normalization;

    /// <summary>A convolution into which everything is folded already.</summary>
    public FoldedConvolution(ModelTensor kernel, ModelTensor bias) => (_kernel, _bias) = (kernel, bias);

    /// <param name="model">The weights.</param>
    /// <param name="layer">The convolution.</param>
    /// <param name="batchNorm">The batch norm behind it, or null.</param>
    /// <param name="normalization">What pixels need, for a first convolution that takes R, G, B from 0 to 255; otherwise null.</param>
    public FoldedConvolution(VggModel model, VggLayer layer, VggLayer? batchNorm, ChannelNormalization? normalization)
    {
        _kernel = model.Tensors[layer.Tensors[0].Name];
        _bias = model.Tensors[layer.Tensors[1].Name];
        _normalization = normalization;
        if (batchNorm is not null)
        {
            float[][] tensors = [.. batchNorm.Tensors.Take(4).Select(tensor => model.Tensors[tensor.Name].ToSingles())];
            (float[] gamma, float[] beta, float[] mean, float[] variance) = (tensors[0], tensors[1], tensors[2], tensors[3]);
            float[] scale = [.. gamma.Zip(variance, (g, v) => (float)(g / Math.Sqrt(v + model.Architecture.BatchNormEpsilon)))];
            _scale = scale;
            _shift = [.. _bias.ToSingles().Select((b, channel) => (float)(((double)b - mean[channel]) * scale[channel] + beta[channel]))];
        }
    }

    /// <summary>Whether the weights are those of the model as they are.</summary>
    public bool IsUnchanged => _scale is null && _normalization is null;

    public string KernelName => _kernel.Name;

    public string BiasName => _bias.Name;

    public ModelTensor Kernel => _kernel;

    public ModelTensor Bias => _bias;

    /// <summary>(outputs, inputs, height, width).</summary>
    public IReadOnlyList<int> Shape => _kernel.Shape;

    public float[] BiasValues() => _shift ?? _bias.ToSingles();

    public float[] KernelValues()
    {
        float[] source = _kernel.ToSingles();
        if (IsUnchanged)
        {
            return source;
        }

        float[] folded = new float[source.Length];
        (int inputs, int window) = (Shape[1], Shape[2] * Shape[3]);
        for (int output = 0; output < Shape[0]; output++)
        {
            for (int channel = 0; channel < inputs; channel++)
            {
                int from = _normalization?.SourceChannel(channel) ?? channel;
                float factor = (_scale?[output] ?? 1) * (_normalization is null ? 1 : _normalization.Scale / _normalization.Std[from]);
                for (int k = 0; k < window; k++)
                {
                    folded[(output * inputs + channel) * window + k] = source[(output * inputs + from) * window + k] * factor;
                }
            }
        }

        return folded;
    }

    /// <summary>The mean pixel in R, G, B from 0 to 255.</summary>
    public static float[] MeanPixel(ChannelNormalization normalization) =>
        [.. Enumerable.Range(0, 3).Select(rgb => normalization.Mean[normalization.SourceChannel(rgb)] / normalization.Scale)];
}
