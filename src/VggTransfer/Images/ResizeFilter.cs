namespace VggTransfer.Images;

/// <summary>The filters of Pillow's <c>Image.resize</c> that Keras and torchvision offer.</summary>
public enum ResizeFilter
{
    /// <summary>The nearest source pixel, without antialiasing.</summary>
    Nearest,

    /// <summary>A triangle over 2 source pixels, widened by the scale when shrinking.</summary>
    Bilinear,

    /// <summary>Keys' cubic with a = -0.5 over 4 source pixels, widened by the scale when shrinking.</summary>
    Bicubic,

    /// <summary>Lanczos' windowed sinc over 6 source pixels, widened by the scale when shrinking.</summary>
    Lanczos,
}
