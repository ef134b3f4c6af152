namespace VggTransfer.Images;

/// <summary>Turns stored pixels upright: an exact permutation of the pixels for each of EXIF's orientations 2 to 8.</summary>
internal static class OrientationTransform
{
    /// <summary>Writes the upright picture.</summary>
    /// <param name="source">Stored pixels, <paramref name="width"/> x <paramref name="height"/>.</param>
    /// <param name="width">Stored columns.</param>
    /// <param name="height">Stored rows.</param>
    /// <param name="orientation">EXIF orientation 1 to 8; 5 to 8 swap the sides.</param>
    /// <param name="target">As many pixels as <paramref name="source"/>.</param>
    public static void Apply(ReadOnlySpan<uint> source, int width, int height, int orientation, Span<uint> target)
    {
        // Where stored pixel (0, 0) comes to lie, and the steps in the target for one column and one row of the source.
        int last = (width * height) - 1;
        (int start, int columnStep, int rowStep) = orientation switch
        {
            2 => (width - 1, -1, width),
            3 => (last, -1, -width),
            4 => (last - (width - 1), 1, -width),
            5 => (0, height, 1),
            6 => (height - 1, height, -1),
            7 => (last, -height, -1),
            8 => (last - (height - 1), -height, 1),
            _ => (0, 1, width),
        };

        int position = 0;
        for (int y = 0; y < height; y++)
        {
            int to = start + (y * rowStep);
            for (int x = 0; x < width; x++)
            {
                target[to] = source[position++];
                to += columnStep;
            }
        }
    }
}
