using System.Globalization;
using System.Numerics.Tensors;
using VggTransfer.Models;

namespace VggTransfer.Parity.Features;

/// <summary>How far features may lie from the reference's, after the precision that the weights are stored in.</summary>
/// <param name="Relative">The largest difference, as a share of the largest expected magnitude (or of 1, if that is more).</param>
/// <param name="Cosine">The smallest cosine of the angle between the vectors; 0 to leave it unchecked.</param>
internal sealed record FeatureTolerance(double Relative, double Cosine)
{
    /// <summary>The same weights: only the order of additions differs.</summary>
    public static FeatureTolerance Single { get; } = new(1e-4, 0);

    /// <summary>
    /// Weights rounded to half precision against a reference with the unrounded ones: a rounding error of up to 2^-12 in
    /// each of 13 layers' kernels, of either sign. Measured over 20 photos resized three ways: 9.6e-4 at the worst (a
    /// maximum; averages 7.2e-4, layers' means 3.8e-4) and a cosine of 0.9999997. Other photos get three times that.
    /// </summary>
    public static FeatureTolerance Half { get; } = new(3e-3, 0.99999);

    public static FeatureTolerance For(VggModel model) =>
        model.Tensors.Values.All(tensor => tensor.Type == TensorType.Float32) ? Single : Half;
}

/// <summary>A comparison of two vectors.</summary>
internal sealed record FeatureDifference(bool Passed, double Relative, double Cosine)
{
    /// <param name="actual">What we computed.</param>
    /// <param name="expected">What the reference computed.</param>
    /// <param name="tolerance">How far they may be apart.</param>
    /// <param name="expectedIsHalf">Whether the reference was rounded to half precision when it was stored: up to 2^-11 of each value is its own.</param>
    /// <returns>Null if the lengths differ.</returns>
    public static FeatureDifference? Between(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, FeatureTolerance tolerance, bool expectedIsHalf = false)
    {
        if (actual.Length != expected.Length)
        {
            return null;
        }

        double scale = Math.Max(1, Math.Abs(TensorPrimitives.MaxMagnitude(expected)));
        double worst = 0;
        for (int i = 0; i < actual.Length; i++)
        {
            double rounding = expectedIsHalf ? Math.Abs(expected[i]) / 2048 : 0;
            double difference = Math.Max(0, Math.Abs((double)actual[i] - expected[i]) - rounding) / scale;

            // A NaN is no smaller than any tolerance.
            worst = double.IsNaN(difference) ? double.NaN : Math.Max(worst, difference);
        }

        double cosine = CosineOf(actual, expected);
        return new FeatureDifference(worst <= tolerance.Relative && (tolerance.Cosine == 0 || cosine >= tolerance.Cosine), worst, cosine);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"relative {Relative:0.0e+00} cosine {Cosine:0.0000000}");

    // In doubles: at 0.99999 and beyond, singles would measure their own rounding.
    private static double CosineOf(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double product = 0, squareA = 0, squareB = 0;
        for (int i = 0; i < a.Length; i++)
        {
            product += (double)a[i] * b[i];
            squareA += (double)a[i] * a[i];
            squareB += (double)b[i] * b[i];
        }

        return squareA == 0 && squareB == 0 ? 1 : product / Math.Sqrt(squareA * squareB);
    }
}
