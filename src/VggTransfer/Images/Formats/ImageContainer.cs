namespace VggTransfer.Images;

/// <summary>What the parsers know of a file before its pixels are decoded.</summary>
/// <param name="Format">The recognised format.</param>
/// <param name="Width">Columns as stored.</param>
/// <param name="Height">Rows as stored.</param>
/// <param name="Orientation">EXIF orientation 1 to 8; 1 where the file does not say, or says nonsense.</param>
internal readonly record struct ImageContainer(ImageFormat Format, int Width, int Height, int Orientation = 1)
{
    /// <summary>Orientations 5 to 8 swap rows and columns.</summary>
    public bool SwapsSides => Orientation >= 5;
}
