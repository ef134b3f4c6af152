using System.Numerics.Tensors;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Weights as signed bytes, symmetric around 0, with a scale for each output: w = value * scale.</summary>
/// <param name="Values">The bytes, row by row, -127 to 127.</param>
/// <param name="Scales">One for each output, above 0.</param>
internal sealed record Int8Weights(sbyte[] Values, float[] Scales)
{
    private const int Largest = sbyte.MaxValue;

    // Half of what 4 bytes hold: the sum of 25,088 products of a byte and a signed byte takes 0.8e9 at the most.
    private const float LargestBias = 1 << 30;

    /// <param name="weights">Row by row, one row for each output.</param>
    /// <param name="biases">What is added to each output's sum.</param>
    /// <param name="inputScale">The scale of what the weights are multiplied by.</param>
    public static Int8Weights Quantize(ReadOnlySpan<float> weights, ReadOnlySpan<float> biases, float inputScale)
    {
        int outputs = biases.Length;
        int length = weights.Length / outputs;
        sbyte[] values = new sbyte[weights.Length];
        float[] scales = new float[outputs];
        for (int output = 0; output < outputs; output++)
        {
            ReadOnlySpan<float> row = weights.Slice(output * length, length);
            float largest = Math.Abs(TensorPrimitives.MaxMagnitude(row));

            // The bias is counted in units of both scales, in 4 bytes; it must fit beside the sum. A row of zeros has any scale.
            float scale = Math.Max(largest / Largest, Math.Abs(biases[output]) / (inputScale * LargestBias));
            scale = scale > 0 ? scale : 1;
            scales[output] = scale;
            for (int i = 0; i < length; i++)
            {
                values[(output * length) + i] = (sbyte)Math.Clamp(MathF.Round(row[i] / scale), -Largest, Largest);
            }
        }

        return new Int8Weights(values, scales);
    }
}
