using System.Numerics;

namespace VggTransfer.Images;

/// <summary>
/// How often the sides of a JPEG are halved while it is decoded. libjpeg-turbo then computes only the low frequencies of each
/// block of 8 x 8: at 1/8 its average. Other fractions of eighths exist, but they have no vector code there.
/// </summary>
internal readonly record struct DecodeReduction
{
    private const int MostHalvings = 3;

    private DecodeReduction(int halvings)
    {
        Divisor = 1 << halvings;
    }

    /// <summary>Every pixel.</summary>
    public static DecodeReduction None => new(0);

    /// <summary>1, 2, 4 or 8: what the sides are divided by.</summary>
    public int Divisor { get; }

    /// <summary>
    /// As many halvings as leave the shorter side at least twice as long as what it becomes, so that the resize behind them
    /// still has pixels to average. For ML.NET's crop both sides must be even each time: Skia would halve the decoded picture
    /// in the same places then, and lose half a pixel at each end otherwise.
    /// </summary>
    public static DecodeReduction For(ImageContainer container, ResizeRecipe recipe, int size, DecodeScale scale)
    {
        if (scale == DecodeScale.Full || container.Format != ImageFormat.Jpeg || !recipe.IsAntialiased)
        {
            return None;
        }

        long needed = recipe.ShorterSide(size) * 2;
        int shorter = Math.Min(container.Width, container.Height);
        int most = recipe.IsMlNet ? Math.Min(MostHalvings, BitOperations.TrailingZeroCount(container.Width | container.Height)) : MostHalvings;
        int halvings = 0;
        while (halvings < most && shorter >= needed << (halvings + 1))
        {
            halvings++;
        }

        return new DecodeReduction(halvings);
    }

    /// <summary>The pixels of a reduced side; the last may lie partly outside of the picture.</summary>
    public int Pixels(int side) => (side + Divisor - 1) / Divisor;

    /// <summary>Where the picture lies within the reduced pixels, once these are turned.</summary>
    /// <param name="container">The whole picture as stored.</param>
    /// <param name="orientation">How the pixels were turned: EXIF orientation 1 to 8.</param>
    public ResizeBox Area(ImageContainer container, int orientation)
    {
        float width = (float)container.Width / Divisor, height = (float)container.Height / Divisor;
        float right = Pixels(container.Width) - width, bottom = Pixels(container.Height) - height;
        if (orientation >= 5)
        {
            (width, height, right, bottom) = (height, width, bottom, right);
        }

        // What is stored last, and may not be all picture, comes first in a direction that is turned round.
        float left = orientation is 2 or 3 or 6 or 7 ? right : 0;
        float top = orientation is 3 or 4 or 7 or 8 ? bottom : 0;
        return new ResizeBox(left, top, left + width, top + height);
    }
}
