using System.ComponentModel.DataAnnotations;

namespace VggTransfer.Augmentation;

/// <summary>
/// How training photos are changed, anew in each epoch. Crop, rotation, shift, zoom, shear and mirror are one resampling of the
/// photo, and where they reach beyond it, it is continued by its reflection. Colours, blur and erasing follow. What happens to a
/// photo follows from the seed, the epoch and its place in the epoch; each change has random numbers of its own, so switching one
/// off leaves the others as they were.
/// </summary>
public sealed record PhotoAugmentation
{
    /// <summary>Nothing is changed.</summary>
    public static PhotoAugmentation None { get; } = new();

    /// <summary>Every other picture is mirrored.</summary>
    public static PhotoAugmentation Mirror { get; } = new() { HorizontalFlip = true };

    /// <summary>
    /// What suits photos of things: crops of a third of the picture and more, mirror, gentle changes of colour, slight rotation and zoom.
    /// </summary>
    public static PhotoAugmentation Photo { get; } = new()
    {
        HorizontalFlip = true,
        CropScale = 0.35,
        Rotation = 10,
        Zoom = 0.1,
        Brightness = 0.2,
        Contrast = 0.2,
        Saturation = 0.2,
        Hue = 0.02,
    };

    /// <summary>Whether every other picture is mirrored.</summary>
    public bool HorizontalFlip { get; init; }

    /// <summary>
    /// The smallest share of the picture's area that a random crop keeps (Szegedy and others, Going Deeper with Convolutions, 2014,
    /// section 6); the crop becomes the square. 0.01 to 1; 1 for no crop: the centre, as in prediction.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0.01, 1)]
    public double CropScale { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); } = 1;

    /// <summary>The largest ratio of a crop's width to its height, and of its height to its width; 1 to 4. Only with <see cref="CropScale"/> below 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(1d, 4d)]
    public double CropAspect { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); } = 4.0 / 3;

    /// <summary>Largest angle, in degrees, by which the picture is turned to either side; 0 to 180.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 180d)]
    public double Rotation { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Largest shift in either direction, as a share of the side; 0 to 0.5.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 0.5)]
    public double Translate { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Largest change of size: with 0.1, the picture becomes 0.9 to 1.1 times as large. 0 to 0.9.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 0.9)]
    public double Zoom { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Largest angle, in degrees, by which upright lines are slanted to either side; 0 to 45.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 45d)]
    public double Shear { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>
    /// Largest change of brightness: pixels are multiplied by 1 - x to 1 + x, as in torchvision's <c>ColorJitter</c>. 0 to 1. The
    /// four changes of colour come in random order.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 1d)]
    public double Brightness { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Largest change of contrast: the difference from the picture's mean grey is multiplied by 1 - x to 1 + x. 0 to 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 1d)]
    public double Contrast { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Largest change of saturation: the difference from each pixel's grey is multiplied by 1 - x to 1 + x. 0 to 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 1d)]
    public double Saturation { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Largest turn of the circle of hues to either side, as a share of it; 0 to 0.5.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 0.5)]
    public double Hue { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Probability of a Gaussian blur; 0 to 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 1d)]
    public double Blur { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Largest standard deviation of the blur, in pixels of the result; the smallest is 0.1. 0.1 to 16.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(GaussianBlur.SmallestSigma, 16)]
    public double BlurSigma { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); } = 1;

    /// <summary>
    /// Probability that a rectangle is replaced by noise: 0.02 to 0.33 of the area, its sides in a ratio of 0.3 to 3.3 (Zhong and others,
    /// Random Erasing Data Augmentation, 2017). 0 to 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    [Range(0d, 1d)]
    public double Erasing { get; init => field = OptionRange.Checked<PhotoAugmentation, double>(value); }

    /// <summary>Whether pictures stay what prediction sees, mirrored or not: then what a network makes of them can be kept.</summary>
    internal bool IsAtMostMirror => KeepsGeometry && Brightness == 0 && Contrast == 0 && Saturation == 0 && Hue == 0 && Blur == 0 && Erasing == 0;

    /// <summary>Whether each pixel stays in its place, but for the mirror.</summary>
    internal bool KeepsGeometry => CropScale == 1 && Rotation == 0 && Translate == 0 && Zoom == 0 && Shear == 0;
}
