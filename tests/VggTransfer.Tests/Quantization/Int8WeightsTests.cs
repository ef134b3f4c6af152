using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Tests.Quantization;

public sealed class Int8WeightsTests
{
    [Fact]
    public void Each_output_has_the_scale_of_its_largest_weight()
    {
        var weights = Int8Weights.Quantize([1, -2, 0.5f, 0.01f, 0.02f, -0.03f], [0, 0], inputScale: 1);

        Assert.Equal([2f / 127, 0.03f / 127], weights.Scales);
        Assert.Equal([64, -127, 32, 42, 85, -127], weights.Values.Select(value => (int)value));
    }

    [Fact]
    public void No_weight_is_off_by_more_than_half_a_step()
    {
        var random = new Random(1);
        float[] weights = [.. Enumerable.Range(0, 64 * 27).Select(_ => (float)((random.NextDouble() - 0.5) * Math.Exp(random.NextDouble() * 4)))];

        var quantized = Int8Weights.Quantize(weights, new float[64], inputScale: 0.1f);

        Assert.All(weights.Select((weight, i) => Math.Abs(weight - (quantized.Values[i] * quantized.Scales[i / 27])) / quantized.Scales[i / 27]), error => Assert.InRange(error, 0, 0.5001));
    }

    /// <summary>A filter that learnt nothing but its bias: the bias is counted in the weights' unit, and must fit 4 bytes.</summary>
    [Theory]
    [InlineData(0f)]
    [InlineData(1e-12f)]
    public void A_bias_beside_vanishing_weights_fits(float weight)
    {
        var quantized = Int8Weights.Quantize([weight, weight], [3], inputScale: 0.01f);

        Assert.InRange(3 / (0.01 * quantized.Scales[0]), 1, int.MaxValue / 1.9);
    }
}
