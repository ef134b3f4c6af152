using VggTransfer.Keras.Data;

namespace VggTransfer.Augmentation;

/// <summary>
/// Changes of colour with the meaning of torchvision's <c>ColorJitter</c> (torchvision/transforms/functional.py), each rounded to 8 bits
/// and clipped. Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
/// </summary>
internal static class ColourJitter
{
    private const int Channels = 3;

    /// <summary>The four changes in random order, each by a random factor.</summary>
    public static void Apply(Span<byte> rgb, PhotoAugmentation augmentation, SampleRandom random)
    {
        int[] order = random.Permutation(4);
        double brightness = 1 + (random.Between(-1, 1) * augmentation.Brightness);
        double contrast = 1 + (random.Between(-1, 1) * augmentation.Contrast);
        double saturation = 1 + (random.Between(-1, 1) * augmentation.Saturation);
        double hue = random.Between(-1, 1) * augmentation.Hue;
        foreach (int change in order)
        {
            switch (change)
            {
                case 0 when augmentation.Brightness > 0:
                    Brightness(rgb, brightness);
                    break;
                case 1 when augmentation.Contrast > 0:
                    Contrast(rgb, contrast);
                    break;
                case 2 when augmentation.Saturation > 0:
                    Saturation(rgb, saturation);
                    break;
                case 3 when augmentation.Hue > 0:
                    Hue(rgb, hue);
                    break;
            }
        }
    }

    /// <summary>Multiplies.</summary>
    public static void Brightness(Span<byte> rgb, double factor) => Map(rgb, factor, 0);

    /// <summary>Multiplies the difference from the mean grey.</summary>
    public static void Contrast(Span<byte> rgb, double factor)
    {
        double sum = 0;
        for (int i = 0; i < rgb.Length; i += Channels)
        {
            sum += Grey(rgb[i], rgb[i + 1], rgb[i + 2]);
        }

        Map(rgb, factor, (1 - factor) * sum / (rgb.Length / Channels));
    }

    /// <summary>Multiplies the difference from each pixel's grey.</summary>
    public static void Saturation(Span<byte> rgb, double factor)
    {
        float keep = (float)factor;
        for (int i = 0; i < rgb.Length; i += Channels)
        {
            float grey = (1 - keep) * Grey(rgb[i], rgb[i + 1], rgb[i + 2]);
            rgb[i] = Round((keep * rgb[i]) + grey);
            rgb[i + 1] = Round((keep * rgb[i + 1]) + grey);
            rgb[i + 2] = Round((keep * rgb[i + 2]) + grey);
        }
    }

    /// <summary>Turns the hue, in the circle of HSV.</summary>
    /// <param name="rgb">The pixels.</param>
    /// <param name="turn">-0.5 to 0.5 of the circle.</param>
    public static void Hue(Span<byte> rgb, double turn)
    {
        float shift = (float)(turn * 6);
        for (int i = 0; i < rgb.Length; i += Channels)
        {
            (int red, int green, int blue) = (rgb[i], rgb[i + 1], rgb[i + 2]);
            int high = Math.Max(red, Math.Max(green, blue)), low = Math.Min(red, Math.Min(green, blue));
            if (high == low)
            {
                continue;
            }

            // In sixths of the circle, from red on.
            float span = high - low;
            float hue = high == red ? (green - blue) / span : high == green ? 2 + ((blue - red) / span) : 4 + ((red - green) / span);
            hue += shift;
            rgb[i] = Channel(hue + 5, high, span);
            rgb[i + 1] = Channel(hue + 3, high, span);
            rgb[i + 2] = Channel(hue + 1, high, span);
        }
    }

    /// <summary>HSV to RGB as one function of the place on the circle for each channel: high where the place is 5 to 1, low from 2 to 4.</summary>
    private static byte Channel(float place, int high, float span)
    {
        float k = place - (6 * MathF.Floor(place / 6));
        return Round(high - (span * Math.Clamp(Math.Min(k, 4 - k), 0, 1)));
    }

    private static float Grey(byte red, byte green, byte blue) => (0.299f * red) + (0.587f * green) + (0.114f * blue);

    private static void Map(Span<byte> values, double factor, double offset)
    {
        Span<byte> table = stackalloc byte[256];
        for (int value = 0; value < table.Length; value++)
        {
            table[value] = Round((float)((value * factor) + offset));
        }

        foreach (ref byte value in values)
        {
            value = table[value];
        }
    }

    private static byte Round(float value) => (byte)Math.Clamp(value + 0.5f, 0, 255);
}
