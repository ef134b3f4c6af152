using System.Runtime.Intrinsics;
using VggTransfer.Backbones;

namespace VggTransfer.Tests.Winograd;

public sealed unsafe class MatrixKernelTests
{
    /// <summary>Oracle: the definition of a product, in the order in which it promises to add.</summary>
    [Fact]
    public void Sums_are_one_chain_of_fused_multiply_adds_with_vectors_of_any_width()
    {
        const int Blocks = 3;
        const int Row = MatrixKernel.Columns;
        using AlignedMemory v = Draw(Blocks * MatrixKernel.Rows * BlockedMap.Lanes, 1);
        using AlignedMemory u = Draw(Blocks * BlockedMap.Lanes * MatrixKernel.Columns, 2);
        using var whole = new AlignedMemory(MatrixKernel.Rows * Row);
        using var halves = new AlignedMemory(MatrixKernel.Rows * Row);

        MatrixKernel.Multiply<ChannelRows>(v.Pointer, MatrixKernel.Rows * BlockedMap.Lanes, Blocks, u.Pointer, whole.Pointer, Row, BlockedMap.Lanes);
        MatrixKernel.MultiplyByHalves<ChannelRows>(v.Pointer, MatrixKernel.Rows * BlockedMap.Lanes, Blocks, u.Pointer, halves.Pointer, Row, BlockedMap.Lanes);

        for (int row = 0; row < MatrixKernel.Rows; row++)
        {
            for (int column = 0; column < MatrixKernel.Columns; column++)
            {
                float sum = 0;
                for (int i = 0; i < Blocks * BlockedMap.Lanes; i++)
                {
                    float left = v.Pointer[(i / BlockedMap.Lanes * MatrixKernel.Rows * BlockedMap.Lanes) + (row * BlockedMap.Lanes) + (i % BlockedMap.Lanes)];
                    sum = MathF.FusedMultiplyAdd(left, u.Pointer[(i * MatrixKernel.Columns) + column], sum);
                }

                Assert.Equal(sum, whole.Pointer[(row * Row) + column]);
                Assert.Equal(sum, halves.Pointer[(row * Row) + column]);
            }
        }
    }

    [Fact]
    public void Tile_is_the_convolution_of_its_pixels()
    {
        using AlignedMemory pixels = Draw(36 * BlockedMap.Lanes, 3);
        using var factors = new AlignedMemory(36 * BlockedMap.Lanes);
        using var tile = new AlignedMemory(16 * BlockedMap.Lanes);
        using var pooled = new AlignedMemory(4 * BlockedMap.Lanes);
        using var scratch = new AlignedMemory(36 * BlockedMap.Lanes);
        using AlignedMemory bias = Draw(BlockedMap.Lanes, 4);
        using AlignedMemory kernels = Draw(9 * BlockedMap.Lanes, 5);
        using var kernelFactors = new AlignedMemory(36 * BlockedMap.Lanes);
        TileTransform.Kernel(kernels.Pointer, BlockedMap.Lanes, kernelFactors.Pointer, BlockedMap.Lanes);
        TileTransform.Kernel(kernels.Pointer + 8, BlockedMap.Lanes, kernelFactors.Pointer + 8, BlockedMap.Lanes);
        TileTransform.Input(pixels.Pointer, 6 * BlockedMap.Lanes, factors.Pointer, BlockedMap.Lanes, (Vector256<float>*)scratch.Pointer);
        for (int i = 0; i < 36 * BlockedMap.Lanes; i++)
        {
            factors.Pointer[i] *= kernelFactors.Pointer[i];
        }

        TileTransform.Output(factors.Pointer, bias.Pointer, tile.Pointer, 4 * BlockedMap.Lanes, (Vector256<float>*)scratch.Pointer);
        TileTransform.OutputPooled(factors.Pointer, bias.Pointer, pooled.Pointer, 2 * BlockedMap.Lanes, (Vector256<float>*)scratch.Pointer);

        for (int channel = 0; channel < BlockedMap.Lanes; channel++)
        {
            float[] largest = new float[4];
            for (int place = 0; place < 16; place++)
            {
                (int y, int x) = (place / 4, place % 4);
                double sum = bias.Pointer[channel];
                for (int k = 0; k < 9; k++)
                {
                    sum += (double)kernels.Pointer[(k * BlockedMap.Lanes) + channel] * pixels.Pointer[((((y + (k / 3)) * 6) + x + (k % 3)) * BlockedMap.Lanes) + channel];
                }

                float actual = tile.Pointer[(place * BlockedMap.Lanes) + channel];
                Assert.Equal(Math.Max(sum, 0), actual, 1e-5);
                int pool = (y / 2 * 2) + (x / 2);
                largest[pool] = Math.Max(largest[pool], actual);
            }

            Assert.Equal(largest, Enumerable.Range(0, 4).Select(i => pooled.Pointer[(i * BlockedMap.Lanes) + channel]));
        }
    }

    private static AlignedMemory Draw(int length, int seed)
    {
        var memory = new AlignedMemory(length);
        var random = new Random(seed);
        for (int i = 0; i < length; i++)
        {
            memory.Pointer[i] = random.NextSingle() - 0.5f;
        }

        return memory;
    }
}
