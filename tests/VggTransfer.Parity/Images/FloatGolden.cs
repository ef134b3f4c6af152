using System.Text.Json;

namespace VggTransfer.Parity.Images;

/// <summary>Compares a float tensor with a golden of sum, least, greatest and standard value, and samples.</summary>
internal static class FloatGolden
{
    /// <summary>What is allowed: for single values, and for the mean of all.</summary>
    public readonly record struct Tolerance(double Value, double Mean)
    {
        /// <summary>Values that the same arithmetic gives on the same pixels.</summary>
        public static Tolerance EqualPixels(double value) => new(value, value);
    }

    /// <summary>Compares.</summary>
    /// <param name="tensor">The values.</param>
    /// <param name="at">The position of channel, row and column in <paramref name="tensor"/>.</param>
    /// <param name="golden">The golden.</param>
    /// <param name="positions">Channel, row and column of each sample.</param>
    /// <param name="tolerance">What is allowed.</param>
    public static (bool Passed, string Detail) Compare(
        ReadOnlySpan<float> tensor, Func<int, int, int, int> at, JsonElement golden, int[][] positions, Tolerance tolerance)
    {
        double sum = 0, min = double.MaxValue, max = double.MinValue;
        foreach (float value in tensor)
        {
            sum += value;
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }

        double mean = sum / tensor.Length, squares = 0;
        foreach (float value in tensor)
        {
            squares += (value - mean) * (value - mean);
        }

        double std = Math.Sqrt(squares / tensor.Length);
        double samples = 0;
        if (golden.Get("samples") is { } expected)
        {
            foreach ((JsonElement value, int[] cyx) in expected.EnumerateArray().Zip(positions))
            {
                samples = Math.Max(samples, Math.Abs(tensor[at(cyx[0], cyx[1], cyx[2])] - value.ToNumber()));
            }
        }

        double meanOff = golden.Number("sum") is { } s ? Math.Abs(mean - (s / tensor.Length)) : 0;
        double minOff = golden.Number("min") is { } lo ? Math.Abs(min - lo) : 0;
        double maxOff = golden.Number("max") is { } hi ? Math.Abs(max - hi) : 0;
        double stdOff = golden.Number("std") is { } d ? Math.Abs(std - d) : 0;
        double worst = Math.Max(samples, Math.Max(minOff, maxOff));
        bool passed = worst <= tolerance.Value && meanOff <= tolerance.Mean && stdOff <= tolerance.Mean;
        return (passed, $"values {GoldenJson.Round(worst)}, mean {GoldenJson.Round(meanOff)}, std {GoldenJson.Round(stdOff)} apart");
    }
}
