using VggTransfer.Images;

namespace VggTransfer.Augmentation;

/// <summary>A decoded photo, no larger than training needs it.</summary>
internal sealed class PhotoPicture
{
    // A pixel is read as four bytes, the last one, too.
    private const int Slack = 1;

    private PhotoPicture(int width, int height, byte[] padded)
    {
        Width = width;
        Height = height;
        Padded = padded;
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>The pixels, 8-bit RGB, row by row, and a byte more.</summary>
    public byte[] Padded { get; }

    /// <summary>The bytes of a picture of this size.</summary>
    public static long LengthOf(int width, int height) => ((long)width * height * 3) + Slack;

    /// <summary>Wraps pixels.</summary>
    public static PhotoPicture Of(RgbImage image)
    {
        byte[] padded = new byte[LengthOf(image.Width, image.Height)];
        image.Pixels.CopyTo(padded);
        return new PhotoPicture(image.Width, image.Height, padded);
    }

    /// <summary>Makes the picture smaller if its shorter side is longer than a limit.</summary>
    public static PhotoPicture Of(DecodedPhoto photo, int shorterSide)
    {
        (int width, int height) = Fit(photo.Width, photo.Height, shorterSide);
        byte[] padded = new byte[LengthOf(width, height)];
        photo.CopyResized(width, height, padded.AsSpan(..^Slack));
        return new PhotoPicture(width, height, padded);
    }

    /// <summary>The size after that.</summary>
    public static (int Width, int Height) Fit(int width, int height, int shorterSide)
    {
        int shorter = Math.Min(width, height);
        return shorter <= shorterSide
            ? (width, height)
            : (Scale(width), Scale(height));

        int Scale(int side) => (int)Math.Max(1, (((long)side * shorterSide) + (shorter / 2)) / shorter);
    }
}
