namespace VggTransfer.Images;

/// <summary>
/// A resize of which only a part is wanted: the source's <paramref name="Box"/> becomes <paramref name="FullWidth"/> x
/// <paramref name="FullHeight"/> pixels, and of those a window is computed. Each output pixel depends on the source alone,
/// so the window equals a crop of the full result, but costs no more memory than itself.
/// </summary>
internal readonly record struct ResizeWindow(
    ResizeBox Box, long FullWidth, long FullHeight, long Left, long Top, int Width, int Height)
{
    /// <summary>The whole of a resize.</summary>
    public static ResizeWindow Whole(ResizeBox box, int width, int height) => new(box, width, height, 0, 0, width, height);

    /// <summary>The whole of a resize of the whole source.</summary>
    public static ResizeWindow Whole(int sourceWidth, int sourceHeight, int width, int height) =>
        Whole(new ResizeBox(0, 0, sourceWidth, sourceHeight), width, height);
}
