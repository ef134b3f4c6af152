using System.Runtime.Intrinsics;

namespace VggTransfer.Backbones;

/// <summary>What follows a product: bias and ReLU.</summary>
internal static unsafe class Activation
{
    /// <param name="sums">Rows of 16 channels.</param>
    /// <param name="bias">Of 16 channels.</param>
    /// <param name="output">Gets the rows.</param>
    /// <param name="rows">How many.</param>
    public static void AddBiasAndRectify(float* sums, float* bias, float* output, int rows)
    {
        Vector256<float> first = Vector256.Load(bias);
        Vector256<float> second = Vector256.Load(bias + 8);
        for (int row = 0; row < rows; row++)
        {
            Vector256.MaxNative(Vector256<float>.Zero, Vector256.Load(sums) + first).Store(output);
            Vector256.MaxNative(Vector256<float>.Zero, Vector256.Load(sums + 8) + second).Store(output + 8);
            sums += BlockedMap.Lanes;
            output += BlockedMap.Lanes;
        }
    }
}
