namespace VggTransfer.Augmentation;

/// <summary>A row of pixels continued without end by its mirror images, the outermost pixel repeated: c b a | a b c | c b a.</summary>
internal static class Reflection
{
    /// <summary>The pixel, from 0 to <paramref name="length"/> - 1, that is seen at a position.</summary>
    public static int Of(int position, int length)
    {
        if ((uint)position < (uint)length)
        {
            return position;
        }

        int place = position % (2 * length);
        place += place < 0 ? 2 * length : 0;
        return place < length ? place : (2 * length) - 1 - place;
    }
}
