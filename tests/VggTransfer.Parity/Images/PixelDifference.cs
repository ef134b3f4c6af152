using System.Globalization;
using VggTransfer.Images;

namespace VggTransfer.Parity.Images;

/// <summary>How far two images of one size are apart, in levels of 255.</summary>
internal readonly record struct PixelDifference(int Max, double Mean)
{
    public static PixelDifference? Between(RgbImage actual, RgbImage expected)
    {
        if (actual.Width != expected.Width || actual.Height != expected.Height)
        {
            return null;
        }

        int max = 0;
        long sum = 0;
        for (int i = 0; i < actual.Pixels.Length; i++)
        {
            int difference = Math.Abs(actual.Pixels[i] - expected.Pixels[i]);
            max = Math.Max(max, difference);
            sum += difference;
        }

        return new PixelDifference(max, (double)sum / actual.Pixels.Length);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"max {Max} mean {Mean:0.####}");
}
