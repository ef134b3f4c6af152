using VggTransfer.Models;

namespace VggTransfer.Images;

/// <summary>Turns 8-bit pixels into a network's input tensor.</summary>
public static class PixelNormalization
{
    private static readonly float[][][] s_tables = [.. Enum.GetValues<PreprocessingFamily>().Select(Tables)];

    /// <summary>Normalises one image, or several of the same size behind each other if the layout is <see cref="TensorLayout.Nhwc"/>.</summary>
    /// <param name="hwcRgb">8-bit RGB, three bytes a pixel.</param>
    /// <param name="family">What the network's training applied.</param>
    /// <param name="destination">Receives as many values as there are bytes.</param>
    /// <param name="layout">The order of the tensor's axes.</param>
    /// <exception cref="ArgumentException">The number of bytes is not a multiple of 3, or the lengths differ.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The family or the layout is unknown.</exception>
    public static void Normalize(ReadOnlySpan<byte> hwcRgb, PreprocessingFamily family, Span<float> destination, TensorLayout layout)
    {
        ChannelNormalization normalization = ChannelNormalization.For(family);
        if (!Enum.IsDefined(layout))
        {
            throw new ArgumentOutOfRangeException(nameof(layout), layout, "The layout is not a member of TensorLayout.");
        }

        if (hwcRgb.Length % 3 != 0)
        {
            throw new ArgumentException($"RGB pixels have three bytes each, but {hwcRgb.Length} is not a multiple of 3.", nameof(hwcRgb));
        }

        if (destination.Length != hwcRgb.Length)
        {
            throw new ArgumentException(
                $"{hwcRgb.Length} bytes become as many values, but the destination has {destination.Length}.", nameof(destination));
        }

        int pixels = hwcRgb.Length / 3;
        for (int channel = 0; channel < 3; channel++)
        {
            ReadOnlySpan<float> table = s_tables[(int)family][channel];
            int from = normalization.SourceChannel(channel);
            int to = layout == TensorLayout.Nchw ? channel * pixels : channel;
            int step = layout == TensorLayout.Nchw ? 1 : 3;
            for (; from < hwcRgb.Length; from += 3, to += step)
            {
                destination[to] = table[hwcRgb[from]];
            }
        }
    }

    /// <summary>A byte has 256 values, so all results of a channel fit a small table.</summary>
    private static float[][] Tables(PreprocessingFamily family)
    {
        ChannelNormalization normalization = ChannelNormalization.For(family);
        return [.. Enumerable.Range(0, 3).Select(channel =>
            Enumerable.Range(0, 256).Select(pixel => normalization.Apply((byte)pixel, channel)).ToArray())];
    }
}
