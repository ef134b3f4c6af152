using System.Text.Json;
using VggTransfer.Images;

namespace VggTransfer.Parity.Images;

/// <summary>Compares 8-bit pixels with a golden of CRC, mean and a grid of values.</summary>
internal static class PixelGolden
{
    /// <summary>torchvision's resize of a tensor rounds once, PIL's twice: at most one level apart.</summary>
    public const int TensorResizeLevels = 1;

    private const double TensorResizeMean = 0.4;
    private const double StoredDigits = 1e-5;

    /// <summary>What differs where every bit should be equal; null if nothing does.</summary>
    public static string? Exact(RgbImage actual, JsonElement golden, int[][] gridPositions)
    {
        if (golden.Text("crc32") is { } crc && crc != GoldenJson.Crc(actual))
        {
            (int grid, _) = Grid(actual, golden, gridPositions);
            return $"CRC {GoldenJson.Crc(actual)} instead of {crc}, mean {GoldenJson.Round(MeanDifference(actual, golden))} apart, grid up to {grid} levels";
        }

        double mean = MeanDifference(actual, golden);
        (int worst, _) = Grid(actual, golden, gridPositions);
        return mean > StoredDigits ? $"mean {GoldenJson.Round(mean)} apart" : worst > 0 ? $"grid up to {worst} levels apart" : null;
    }

    /// <summary>Compares with what torchvision made of a tensor.</summary>
    public static (bool Passed, string Detail) TensorResize(RgbImage actual, JsonElement golden, int[][] gridPositions)
    {
        (int worst, double gridMean) = Grid(actual, golden, gridPositions);
        double mean = MeanDifference(actual, golden);
        bool passed = worst <= TensorResizeLevels && gridMean < TensorResizeMean && mean < TensorResizeMean;
        return (passed, $"grid max {worst} mean {GoldenJson.Round(gridMean)}, mean {GoldenJson.Round(mean)} apart");
    }

    private static double MeanDifference(RgbImage image, JsonElement golden)
    {
        if (golden.Get("mean") is not { } expected)
        {
            return 0;
        }

        double worst = 0;
        int channel = 0;
        foreach (JsonElement value in expected.EnumerateArray())
        {
            long sum = 0;
            for (int i = channel; i < image.Pixels.Length; i += 3)
            {
                sum += image.Pixels[i];
            }

            worst = Math.Max(worst, Math.Abs((sum / (image.Pixels.Length / 3.0)) - value.ToNumber()));
            channel++;
        }

        return worst;
    }

    private static (int Max, double Mean) Grid(RgbImage image, JsonElement golden, int[][] positions)
    {
        if (golden.Get("grid") is not { } grid)
        {
            return (0, 0);
        }

        int max = 0, count = 0;
        double sum = 0;
        foreach ((JsonElement expected, int[] at) in grid.EnumerateArray().Zip(positions))
        {
            for (int channel = 0; channel < 3; channel++)
            {
                int actual = image.Pixels[(((at[0] * image.Width) + at[1]) * 3) + channel];
                int difference = Math.Abs(actual - expected[channel].GetInt32());
                max = Math.Max(max, difference);
                sum += difference;
                count++;
            }
        }

        return (max, count == 0 ? 0 : sum / count);
    }
}
