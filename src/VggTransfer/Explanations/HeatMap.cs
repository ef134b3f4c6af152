using SkiaSharp;
using VggTransfer.Images;

namespace VggTransfer.Explanations;

/// <summary>Which parts of a picture speak for a class.</summary>
public sealed class HeatMap
{
    // Cividis-like: readable in print and without telling red from green.
    private static readonly (byte R, byte G, byte B)[] s_ramp = [(0, 34, 78), (53, 69, 108), (102, 105, 112), (148, 142, 119), (200, 184, 102), (254, 232, 56)];

    private readonly float[] _values;

    internal HeatMap(string label, double probability, RgbImage image, float[] values)
    {
        Label = label;
        Probability = probability;
        Image = image;
        _values = values;
    }

    /// <summary>The class that is explained.</summary>
    public string Label { get; }

    /// <summary>The probability of that class, 0 to 1.</summary>
    public double Probability { get; }

    /// <summary>The picture as the network sees it: a square, cropped and resized.</summary>
    public RgbImage Image { get; }

    /// <summary>For each pixel of <see cref="Image"/>, row by row, 0 (says nothing) to 1 (says most); all 0 where nothing speaks for the class.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The picture, dimmed where nothing speaks for the class and coloured where much does.</summary>
    /// <param name="strength">How much of the colour, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The strength is out of range.</exception>
    public RgbImage Overlay(double strength = 0.6)
    {
        if (strength is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(strength), strength, $"The strength of an overlay is {strength}, and must be 0 to 1.");
        }

        byte[] mixed = Image.Pixels.ToArray();
        for (int i = 0; i < _values.Length; i++)
        {
            (byte R, byte G, byte B) colour = ColourOf(_values[i]);
            Mix(mixed, 3 * i, colour.R, strength);
            Mix(mixed, (3 * i) + 1, colour.G, strength);
            Mix(mixed, (3 * i) + 2, colour.B, strength);
        }

        return new RgbImage(Image.Width, Image.Height, mixed);
    }

    /// <summary>Writes <see cref="Overlay"/> as a PNG or JPEG file, by the path's extension; it appears whole or not at all.</summary>
    /// <param name="path">The file; .jpg and .jpeg give JPEG, anything else PNG.</param>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public void SaveOverlay(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        bool jpeg = Path.GetExtension(path).ToUpperInvariant() is ".JPG" or ".JPEG";
        byte[] encoded = SkiaPixels.Encode(Overlay(), jpeg ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png, 90);
        Files.AtomicFile.Write(path, stream => stream.Write(encoded));
    }

    private static (byte R, byte G, byte B) ColourOf(float value)
    {
        float place = value * (s_ramp.Length - 1);
        int below = Math.Min((int)place, s_ramp.Length - 2);
        float share = place - below;
        return (Between(s_ramp[below].R, s_ramp[below + 1].R), Between(s_ramp[below].G, s_ramp[below + 1].G), Between(s_ramp[below].B, s_ramp[below + 1].B));

        byte Between(byte from, byte to) => (byte)(from + (share * (to - from)));
    }

    private static void Mix(byte[] pixels, int at, byte colour, double strength) =>
        pixels[at] = (byte)((pixels[at] * (1 - strength)) + (colour * strength));
}
