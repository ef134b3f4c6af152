namespace VggTransfer.Images;

/// <summary>Turns left into right.</summary>
internal static class PixelMirror
{
    /// <param name="rgb">Pixels of three bytes, row by row.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="mirrored">As long as <paramref name="rgb"/>, and not the same memory.</param>
    public static void Mirror(ReadOnlySpan<byte> rgb, int width, Span<byte> mirrored)
    {
        int stride = width * 3;
        for (int row = 0; row < rgb.Length; row += stride)
        {
            ReadOnlySpan<byte> from = rgb.Slice(row, stride);
            Span<byte> to = mirrored.Slice(row, stride);
            for (int left = 0, right = stride - 3; left < stride; left += 3, right -= 3)
            {
                to[right] = from[left];
                to[right + 1] = from[left + 1];
                to[right + 2] = from[left + 2];
            }
        }
    }
}
