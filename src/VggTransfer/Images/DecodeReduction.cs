using VggTransfer.Images.Formats;

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
    /// still has pixels to average.
    /// </summary>
    public static DecodeReduction For(ImageContainer container, ResizeRecipe recipe, int size, DecodeScale scale)
    {
        if (scale == DecodeScale.Full || container.Format != ImageFormat.Jpeg || !recipe.IsAntialiased)
        {
            return None;
        }

        int halvings = 0;
        long needed = recipe.ShorterSide(size) * 2;
        while (halvings < MostHalvings && Math.Min(container.Width, container.Height) >= needed << (halvings + 1))
        {
            halvings++;
        }

        return new DecodeReduction(halvings);
    }

    /// <summary>The pixels of a reduced side; the last may lie partly outside of the picture.</summary>
    public int Pixels(int side) => (side + Divisor - 1) / Divisor;

    /// <summary>Where the picture lies within the reduced pixels, once these are turned.</summary>
    /// <param name="width">Columns of the whole picture as stored.</param>
    /// <param name="height">Rows of the whole picture as stored.</param>
    /// <param name="orientation">How the pixels were turned: EXIF orientation 1 to 8.</param>
    public ResizeBox Area(int width, int height, int orientation)
    {
        float columns = (float)width / Divisor, rows = (float)height / Divisor;
        float columnSlack = Pixels(width) - columns, rowSlack = Pixels(height) - rows;
        if (orientation >= 5)
        {
            (columns, rows, columnSlack, rowSlack) = (rows, columns, rowSlack, columnSlack);
        }

        // What is stored last, and may be incomplete, comes first in a direction that is turned round.
        float left = orientation is 2 or 3 or 6 or 7 ? columnSlack : 0;
        float top = orientation is 3 or 4 or 7 or 8 ? rowSlack : 0;
        return new ResizeBox(left, top, left + columns, top + rows);
    }

    /// <summary>What Skia's halvings leave of the picture: of an odd number of pixels half of one is lost at each end.</summary>
    public static ResizeBox Halved(ResizeBox area)
    {
        float columns = area.Right - area.Left, rows = area.Bottom - area.Top;
        float horizontal = (columns - MathF.Floor(columns)) / 2, vertical = (rows - MathF.Floor(rows)) / 2;
        return new ResizeBox(area.Left + horizontal, area.Top + vertical, area.Right - horizontal, area.Bottom - vertical);
    }
}
