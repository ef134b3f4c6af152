using System.Runtime.InteropServices;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// Layers in 8-bit integers, in the form that ONNX Runtime computes without further fusing: QLinearConv and QGemm, unsigned
/// activations from 0 on (so that ReLU is the clamping at 0 that happens anyway), signed weights with a scale for each output.
/// </summary>
internal sealed class Int8GraphLayers(OnnxGraph graph, VggModel model, IReadOnlyDictionary<string, ActivationRange> ranges) : VggGraphLayers(graph, model)
{
    /// <summary>What a padded pixel lacks, and every real one has: the value of the plane of ones.</summary>
    private const int One = 255;

    // The scale of each quantised value, by its name.
    private readonly Dictionary<string, float> _scales = new(StringComparer.Ordinal);
    private readonly HashSet<string> _scaleNames = new(StringComparer.Ordinal);
    private string? _zero;

    /// <summary>
    /// Pixels as they are, and behind them a plane of 255: its weights subtract the mean pixel, and as padding is 0 there as
    /// well, padding stays zero after subtraction, exactly.
    /// </summary>
    public override string AddPixels(string pixels)
    {
        string planes = Graph.AddNode("Transpose", "pixels_nchw", [pixels], OnnxProto.Attribute("perm", 0, 3, 1, 2));
        if (MeanPixel.All(mean => mean == 0))
        {
            return Quantized(planes, 1);
        }

        string first = Graph.AddNode("Slice", "pixels_first", [planes, Integers("first_begin", 0), Integers("first_end", 1), Integers("first_axis", 1)]);
        string ones = Graph.AddNode("Clip", "pixels_ones", [first, Bytes("one", One)]);
        return Quantized(Graph.AddNode("Concat", "pixels_and_ones", [planes, ones], OnnxProto.Attribute("axis", 1)), 1);
    }

    public override string AddConvolution(VggLayer layer, VggLayer? batchNorm, string input, bool takesPixels)
    {
        var folded = new FoldedConvolution(Model, layer, batchNorm, takesPixels ? ChannelNormalization.For(VggOnnxGraph.FamilyOf(Model)) : null);
        float[] kernel = folded.KernelValues();
        float[] bias = folded.BiasValues();
        int[] shape = [.. folded.Shape];
        bool subtractsMean = takesPixels && MeanPixel.Any(mean => mean != 0);
        if (subtractsMean)
        {
            kernel = WithPlaneOfOnes(kernel, shape);
            shape[1]++;
        }

        var weights = Int8Weights.Quantize(kernel, bias, _scales[input]);
        if (subtractsMean)
        {
            // What rounding of the weights does to a mean pixel is the same everywhere but at the border: the bias takes it back.
            CorrectMean(bias, kernel, weights, shape);
        }

        float outputScale = ScaleOf(layer);
        string kernelName = Graph.AddInitializer(folded.KernelName, OnnxElementType.Int8, shape, weights.Values.Length, () => MemoryMarshal.AsBytes(weights.Values.AsSpan()).ToArray());
        string output = Graph.AddNode("QLinearConv", layer.Name,
            [
                input, Scale(_scales[input]), Zero, kernelName, Singles($"{folded.KernelName}_scale", weights.Scales), WeightZeros(folded.KernelName, weights.Scales.Length),
                Scale(outputScale), Zero, Biases(folded.BiasName, bias, weights, _scales[input]),
            ],
            ConvolutionAttributes(layer));
        return Quantized(output, outputScale);
    }

    public override string AddDense(VggLayer layer, string input, bool isLast)
    {
        ModelTensor kernel = Model.Tensors[layer.Tensors[0].Name];
        ModelTensor bias = Model.Tensors[layer.Tensors[1].Name];
        float inputScale = _scales[input];
        var weights = Int8Weights.Quantize(kernel.ToSingles(), bias.ToSingles(), inputScale);
        string kernelName = Graph.AddInitializer(kernel.Name, OnnxElementType.Int8, kernel.Shape, weights.Values.Length, () => MemoryMarshal.AsBytes(weights.Values.AsSpan()).ToArray());
        string[] inputs =
        [
            input, Scale(inputScale), Zero, kernelName, Singles($"{kernel.Name}_scale", weights.Scales), WeightZeros(kernel.Name, weights.Scales.Length),
            Biases(bias.Name, bias.ToSingles(), weights, inputScale),
        ];
        byte[] transposed = OnnxProto.Attribute("transB", 1);
        if (!isLast)
        {
            float outputScale = ScaleOf(layer);
            return Quantized(Graph.AddNode("com.microsoft:QGemm", layer.Name, [.. inputs, Scale(outputScale), Zero], transposed), outputScale);
        }

        // The last layer's sums are given as they are: rounding them to 8 bits would only lose.
        string output = Graph.AddNode("com.microsoft:QGemm", layer.HasReLU ? $"{layer.Name}_linear" : layer.Name, inputs, transposed);
        return layer.HasReLU ? Graph.AddNode("Relu", layer.Name, [output]) : output;
    }

    public override string AddMaxPooling(VggLayer layer, string input) => Quantized(base.AddMaxPooling(layer, input), _scales[input]);

    public override string AddFlatten(VggLayer layer, string input) => Quantized(base.AddFlatten(layer, input), _scales[input]);

    public override string ToSingles(VggLayer layer, string value) => _scales.TryGetValue(value, out float scale)
        ? Graph.AddNode("DequantizeLinear", $"{value}_float", [value, Scale(scale), Zero])
        : value;

    private float[] MeanPixel => FoldedConvolution.MeanPixel(ChannelNormalization.For(VggOnnxGraph.FamilyOf(Model)));

    private string Zero => _zero ??= Bytes("zero", 0);

    private float ScaleOf(VggLayer layer) => ranges.TryGetValue(layer.Name, out ActivationRange range) && range.Maximum > 0
        ? range.Maximum / byte.MaxValue
        : throw new ArgumentException($"The range of '{layer.Name}' isn't known, and int8 needs it; measure this model's ranges anew.");

    private string Quantized(string value, float scale)
    {
        _scales[value] = scale;
        return value;
    }

    /// <summary>(outputs, 3, height, width) with a fourth plane: what the mean pixel takes off, for each place.</summary>
    private float[] WithPlaneOfOnes(float[] kernel, int[] shape)
    {
        int window = shape[2] * shape[3];
        float[] mean = MeanPixel;
        float[] wider = new float[shape[0] * 4 * window];
        for (int output = 0; output < shape[0]; output++)
        {
            for (int k = 0; k < window; k++)
            {
                double taken = 0;
                for (int channel = 0; channel < 3; channel++)
                {
                    float weight = kernel[(output * 3 + channel) * window + k];
                    wider[(output * 4 + channel) * window + k] = weight;
                    taken -= (double)weight * mean[channel];
                }

                wider[(output * 4 + 3) * window + k] = (float)(taken / One);
            }
        }

        return wider;
    }

    /// <summary>
    /// Takes back what <see cref="WithPlaneOfOnes"/> and the correction of the mean did: the three planes of a kernel that is
    /// applied to pixels from which the mean pixel was subtracted.
    /// </summary>
    /// <param name="wider">(outputs, 4, height, width).</param>
    /// <param name="shape">That shape.</param>
    /// <param name="mean">The mean pixel.</param>
    /// <param name="biases">Get what the three planes and the plane of ones add up to for a mean pixel.</param>
    internal static float[] WithoutPlaneOfOnes(float[] wider, IReadOnlyList<int> shape, float[] mean, float[] biases)
    {
        int window = shape[2] * shape[3];
        float[] usual = [.. mean, One];
        float[] kernel = new float[shape[0] * 3 * window];
        for (int output = 0; output < shape[0]; output++)
        {
            double added = 0;
            for (int i = 0; i < 4 * window; i++)
            {
                added += (double)wider[(output * 4 * window) + i] * usual[i / window];
            }

            biases[output] += (float)added;
            wider.AsSpan(output * 4 * window, 3 * window).CopyTo(kernel.AsSpan(output * 3 * window));
        }

        return kernel;
    }

    private void CorrectMean(float[] bias, float[] kernel, Int8Weights weights, int[] shape)
    {
        int window = shape[2] * shape[3];
        float[] usual = [.. MeanPixel, One];
        for (int output = 0; output < shape[0]; output++)
        {
            double lost = 0;
            for (int i = 0; i < 4 * window; i++)
            {
                int index = (output * 4 * window) + i;
                lost += (kernel[index] - ((double)weights.Values[index] * weights.Scales[output])) * usual[i / window];
            }

            bias[output] += (float)lost;
        }
    }

    private string Scale(float scale)
    {
        string name = $"scale_{BitConverter.SingleToInt32Bits(scale):x8}";
        return _scaleNames.Add(name) ? Graph.AddInitializer(name, [], [scale]) : name;
    }

    private string Singles(string name, float[] values) => Graph.AddInitializer(name, [values.Length], values);

    private string WeightZeros(string name, int count) => Graph.AddInitializer($"{name}_zero", OnnxElementType.Int8, [count], count, () => new byte[count]);

    private string Bytes(string name, byte value) => Graph.AddInitializer(name, OnnxElementType.UInt8, [], 1, () => new[] { value });

    private string Integers(string name, params long[] values) =>
        Graph.AddInitializer(name, OnnxElementType.Int64, [values.Length], values.Length * sizeof(long), () => MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <summary>Biases in the unit of the sums: the input's scale times the weights'.</summary>
    private string Biases(string name, float[] values, Int8Weights weights, float inputScale)
    {
        int[] rounded = [.. values.Select((value, i) => (int)Math.Clamp(Math.Round(value / ((double)inputScale * weights.Scales[i])), int.MinValue, int.MaxValue))];
        return Graph.AddInitializer(name, OnnxElementType.Int32, [rounded.Length], rounded.Length * sizeof(int), () => MemoryMarshal.AsBytes(rounded.AsSpan()).ToArray());
    }
}
