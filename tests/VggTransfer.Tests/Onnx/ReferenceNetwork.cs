using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Tests.Onnx;

/// <summary>
/// A VGG computed by the definitions of its layers, in doubles and with plain loops: slow, and with nothing folded,
/// reordered or left out.
/// </summary>
internal static class ReferenceNetwork
{
    /// <summary>The output of every layer by Keras's name (CHW), for one image.</summary>
    /// <param name="model">A narrow model, or this takes for ever.</param>
    /// <param name="input">Normalised, CHW.</param>
    public static Dictionary<string, float[]> Run(VggModel model, ReadOnlySpan<float> input)
    {
        var outputs = new Dictionary<string, float[]>(StringComparer.Ordinal);
        double[] value = [.. input.ToArray().Select(x => (double)x)];
        foreach (VggLayer layer in model.Architecture.Layers)
        {
            float[][] tensors = [.. layer.Tensors.Select(tensor => model.Tensors[tensor.Name].ToSingles())];
            value = layer.Kind switch
            {
                VggLayerKind.Convolution => Convolve(value, layer, tensors[0], tensors[1]),
                VggLayerKind.BatchNormalization => Normalize(value, layer, tensors, model.Architecture.BatchNormEpsilon),
                VggLayerKind.MaxPooling => Pool(value, layer),
                VggLayerKind.Dense => Multiply(value, tensors[0], tensors[1]),
                _ => value,
            };

            // With batch norm, ReLU follows it; a convolution's features are then those behind both.
            bool isActivated = layer.Kind == VggLayerKind.BatchNormalization || (layer.Kind == VggLayerKind.Convolution && !model.Architecture.BatchNorm)
                || (layer.Kind == VggLayerKind.Dense && layer.Name != "predictions");
            value = isActivated ? [.. value.Select(x => Math.Max(0, x))] : value;
            string name = layer.Kind == VggLayerKind.BatchNormalization ? outputs.Keys.Last() : layer.Name;
            outputs[name] = [.. value.Select(x => (float)x)];
        }

        return outputs;
    }

    public static float[] Softmax(float[] logits)
    {
        double[] powers = [.. logits.Select(x => Math.Exp(x - (double)logits.Max()))];
        return [.. powers.Select(x => (float)(x / powers.Sum()))];
    }

    private static double[] Convolve(double[] input, VggLayer layer, float[] kernel, float[] bias)
    {
        (int height, int width, int size) = (layer.Output.Height, layer.Output.Width, layer.KernelSize);
        double[] output = new double[layer.Output.ElementCount];
        for (int o = 0; o < layer.Output.Channels; o++)
        {
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    double sum = bias[o];
                    for (int c = 0; c < layer.Input.Channels; c++)
                    {
                        for (int ky = 0; ky < size; ky++)
                        {
                            for (int kx = 0; kx < size; kx++)
                            {
                                (int iy, int ix) = (y + ky - size / 2, x + kx - size / 2);
                                if (iy >= 0 && iy < height && ix >= 0 && ix < width)
                                {
                                    sum += input[(c * height + iy) * width + ix] * kernel[((o * layer.Input.Channels + c) * size + ky) * size + kx];
                                }
                            }
                        }
                    }

                    output[(o * height + y) * width + x] = sum;
                }
            }
        }

        return output;
    }

    /// <summary>Tensors: gamma, beta, moving mean, moving variance.</summary>
    private static double[] Normalize(double[] input, VggLayer layer, float[][] tensors, double epsilon)
    {
        int plane = layer.Output.Height * layer.Output.Width;
        return [.. input.Select((x, i) => (x - tensors[2][i / plane]) / Math.Sqrt(tensors[3][i / plane] + epsilon) * tensors[0][i / plane] + tensors[1][i / plane])];
    }

    private static double[] Pool(double[] input, VggLayer layer)
    {
        (int inHeight, int inWidth, int height, int width) = (layer.Input.Height, layer.Input.Width, layer.Output.Height, layer.Output.Width);
        double[] output = new double[layer.Output.ElementCount];
        for (int i = 0; i < output.Length; i++)
        {
            (int c, int y, int x) = (i / (height * width), i / width % height, i % width);
            int corner = (c * inHeight + 2 * y) * inWidth + 2 * x;
            output[i] = Math.Max(Math.Max(input[corner], input[corner + 1]), Math.Max(input[corner + inWidth], input[corner + inWidth + 1]));
        }

        return output;
    }

    private static double[] Multiply(double[] input, float[] weights, float[] biases) =>
        [.. biases.Select((bias, o) => bias + Enumerable.Range(0, input.Length).Sum(i => weights[o * input.Length + i] * input[i]))];
}
