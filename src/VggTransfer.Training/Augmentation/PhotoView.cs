using VggTransfer.Keras.Data;

namespace VggTransfer.Augmentation;

/// <summary>
/// Which part of a picture a square shows: the pixel at (u, v), each from -0.5 to 0.5 across the square, is the picture's
/// (CentreX + XPerU u + XPerV v, CentreY + YPerU u + YPerV v), in pixels from the picture's top left corner.
/// </summary>
internal readonly record struct PhotoView(double CentreX, double CentreY, double XPerU, double XPerV, double YPerU, double YPerV)
{
    // Torchvision's RandomResizedCrop tries as often before it takes the centre.
    private const int Attempts = 10;

    /// <summary>A box of a picture, upright.</summary>
    public static PhotoView Box(double left, double top, double width, double height) =>
        new(left + (width / 2), top + (height / 2), width, 0, 0, height);

    /// <summary>The largest square in the centre.</summary>
    public static PhotoView CentreSquare(int width, int height)
    {
        int side = Math.Min(width, height);
        return Box((width - side) / 2.0, (height - side) / 2.0, side, side);
    }

    /// <summary>A box of random area and shape; the largest one of an allowed shape where the picture is too narrow for those drawn.</summary>
    public static PhotoView Crop(PhotoAugmentation augmentation, int width, int height, SampleRandom random)
    {
        double widest = augmentation.CropAspect;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double area = random.Between(augmentation.CropScale, 1) * width * height;
            double aspect = Math.Pow(widest, random.Between(-1, 1));
            double boxWidth = Math.Sqrt(area * aspect), boxHeight = Math.Sqrt(area / aspect);
            if (boxWidth <= width && boxHeight <= height)
            {
                return Box(random.Between(0, width - boxWidth), random.Between(0, height - boxHeight), boxWidth, boxHeight);
            }
        }

        double fitWidth = Math.Min(width, height * widest), fitHeight = Math.Min(height, width * widest);
        return Box((width - fitWidth) / 2, (height - fitHeight) / 2, fitWidth, fitHeight);
    }

    /// <summary>What is seen when the square is turned, slanted, enlarged and shifted at random.</summary>
    public PhotoView Move(PhotoAugmentation augmentation, SampleRandom random)
    {
        double angle = random.Between(-1, 1) * augmentation.Rotation * Math.PI / 180;
        double right = random.Between(-1, 1) * augmentation.Translate, down = random.Between(-1, 1) * augmentation.Translate;
        double zoom = 1 + (random.Between(-1, 1) * augmentation.Zoom);
        double slant = Math.Tan(random.Between(-1, 1) * augmentation.Shear * Math.PI / 180);

        // From the square back to the picture: first the shift, then rotation times shear, over the zoom.
        double cos = Math.Cos(angle) / zoom, sin = Math.Sin(angle) / zoom;
        double uu = cos, uv = (cos * slant) - sin, vu = sin, vv = (sin * slant) + cos;
        var moved = new PhotoView(
            CentreX,
            CentreY,
            (XPerU * uu) + (XPerV * vu),
            (XPerU * uv) + (XPerV * vv),
            (YPerU * uu) + (YPerV * vu),
            (YPerU * uv) + (YPerV * vv));
        return moved with
        {
            CentreX = CentreX - (moved.XPerU * right) - (moved.XPerV * down),
            CentreY = CentreY - (moved.YPerU * right) - (moved.YPerV * down),
        };
    }
}
