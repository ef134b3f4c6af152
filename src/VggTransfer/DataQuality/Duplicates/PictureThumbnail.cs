using System.Numerics.Tensors;
using VggTransfer.Images;

namespace VggTransfer.DataQuality;

/// <summary>A picture squeezed to 16 x 16 pixels: enough to tell a copy of a picture from another picture.</summary>
internal sealed class PictureThumbnail
{
    private const int Side = 16;
    private const int Pixels = Side * Side;

    private readonly byte[] _planes;
    private readonly byte[] _means;
    private readonly float _norm;

    private PictureThumbnail(byte[] planes)
    {
        _planes = planes;
        _means = [Mean(planes, 0), Mean(planes, 1), Mean(planes, 2)];
        float[] centred = new float[3 * Pixels];
        Centre(centred, isMirrored: false);
        _norm = TensorPrimitives.Norm<float>(centred);
    }

    /// <summary>How much the pixels vary, as a standard deviation in levels of 0 to 255.</summary>
    public float Contrast => _norm / MathF.Sqrt(3 * Pixels);

    /// <param name="rgb">32 x 32 pixels of three bytes.</param>
    public static PictureThumbnail FromDoubleSize(ReadOnlySpan<byte> rgb)
    {
        const int Stride = 2 * Side * 3;
        byte[] planes = new byte[3 * Pixels];
        for (int channel = 0; channel < 3; channel++)
        {
            for (int i = 0; i < Pixels; i++)
            {
                int at = (i / Side * 2 * Stride) + (i % Side * 6) + channel;
                planes[(channel * Pixels) + i] = (byte)((rgb[at] + rgb[at + 3] + rgb[at + Stride] + rgb[at + Stride + 3] + 2) / 4);
            }
        }

        return new PictureThumbnail(planes);
    }

    /// <summary>Squeezes a picture, whatever its proportions.</summary>
    /// <param name="pixels">The picture.</param>
    /// <param name="rgb">Gets it at 32 x 32 pixels of three bytes, for <see cref="FromDoubleSize"/> and <see cref="PerceptualHash"/>.</param>
    public static void Squeeze(PixelBuffer pixels, Span<byte> rgb) =>
        Resampler.Resize(pixels, ResizeWindow.Whole(pixels.Width, pixels.Height, PerceptualHash.Side, PerceptualHash.Side), ResizeFilter.Bilinear, rgb);

    /// <summary>The correlation of all pixels about the mean colours, -1 to 1: of a copy close to 1.</summary>
    /// <param name="other">The other picture.</param>
    /// <param name="isMirrored">Whether the other's left and right are exchanged.</param>
    public float Correlation(PictureThumbnail other, bool isMirrored)
    {
        float product = _norm * other._norm;
        if (product == 0)
        {
            return 0;
        }

        Span<float> mine = stackalloc float[3 * Pixels];
        Span<float> theirs = stackalloc float[3 * Pixels];
        Centre(mine, isMirrored: false);
        other.Centre(theirs, isMirrored);
        return TensorPrimitives.Dot<float>(mine, theirs) / product;
    }

    /// <summary>The largest difference of the mean colours, in levels of 0 to 255.</summary>
    public int ColourDifference(PictureThumbnail other) => Enumerable.Range(0, 3).Max(channel => Math.Abs(_means[channel] - other._means[channel]));

    private void Centre(Span<float> centred, bool isMirrored)
    {
        for (int i = 0; i < centred.Length; i++)
        {
            int from = isMirrored ? (i / Side * Side) + Side - 1 - (i % Side) : i;
            centred[i] = _planes[from] - _means[i / Pixels];
        }
    }

    private static byte Mean(byte[] planes, int channel)
    {
        int sum = 0;
        foreach (byte value in planes.AsSpan(channel * Pixels, Pixels))
        {
            sum += value;
        }

        return (byte)Math.Round((double)sum / Pixels);
    }
}
