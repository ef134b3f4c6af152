namespace VggTransfer.Images;

/// <summary>The image formats that VggTransfer reads. The content decides, never the file's extension.</summary>
public enum ImageFormat
{
    /// <summary>JPEG: baseline and progressive, grey, YCbCr, RGB, CMYK and YCCK.</summary>
    Jpeg,

    /// <summary>PNG of every colour type and bit depth.</summary>
    Png,

    /// <summary>WebP, lossy or lossless; of an animation the first frame.</summary>
    WebP,

    /// <summary>GIF; of an animation the first frame.</summary>
    Gif,

    /// <summary>Windows bitmap.</summary>
    Bmp,

    /// <summary>Windows icon; the largest picture in it.</summary>
    Ico,
}
