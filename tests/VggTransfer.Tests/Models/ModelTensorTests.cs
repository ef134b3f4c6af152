using VggTransfer.Models;

namespace VggTransfer.Tests.Models;

public sealed class ModelTensorTests
{
    [Fact]
    public void Negative_dimensions_whose_product_fits_are_refused() =>
        Assert.Throws<ArgumentException>(() => new ModelTensor("w", [-2, -3], TensorType.Float32, new byte[24]));

    [Fact]
    public void Shape_beyond_64_bits_is_refused() =>
        Assert.Throws<OverflowException>(() => new ModelTensor("w", [int.MaxValue, int.MaxValue, int.MaxValue], TensorType.Float32, new byte[4]));

    [Theory]
    [InlineData(TensorType.Float32, float.NaN, false)]
    [InlineData(TensorType.Float32, float.PositiveInfinity, false)]
    [InlineData(TensorType.Float32, float.MaxValue, true)]
    [InlineData(TensorType.Float16, float.NaN, false)]
    [InlineData(TensorType.Float16, 70_000, false)]
    [InlineData(TensorType.Float16, -65_504, true)]
    [InlineData(TensorType.BFloat16, float.NaN, false)]
    [InlineData(TensorType.BFloat16, float.NegativeInfinity, false)]
    [InlineData(TensorType.BFloat16, -1e38f, true)]
    public void Numbers_that_arent_finite_are_found_in_every_type(TensorType type, float value, bool finite)
    {
        float[] values = new float[37];
        values[23] = value;

        Assert.Equal(finite, ModelTensor.FromFloat32("w", [37], values).ConvertTo(type).IsFinite());
    }
}
