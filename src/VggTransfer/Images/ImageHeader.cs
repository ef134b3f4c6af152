namespace VggTransfer.Images;

/// <summary>What an image file's header says, without decoding the pixels.</summary>
/// <param name="Width">Columns of the picture as <see cref="ImageDecoder.Decode(string, ImageDecodeOptions?)"/> would return it, so after turning it upright where that is asked for.</param>
/// <param name="Height">Rows, likewise.</param>
/// <param name="Format">The format recognised from the content.</param>
public sealed record ImageHeader(int Width, int Height, ImageFormat Format);
