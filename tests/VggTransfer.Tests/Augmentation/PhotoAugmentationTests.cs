using VggTransfer.Augmentation;

namespace VggTransfer.Tests.Augmentation;

public class PhotoAugmentationTests
{
    [Fact]
    public void Only_none_and_mirror_leave_pictures_as_prediction_sees_them()
    {
        Assert.True(PhotoAugmentation.None.IsAtMostMirror);
        Assert.True(PhotoAugmentation.Mirror.IsAtMostMirror);
        Assert.True((PhotoAugmentation.None with { CropAspect = 2, BlurSigma = 3 }).IsAtMostMirror);
        PhotoAugmentation[] others =
        [
            PhotoAugmentation.Photo, new() { CropScale = 0.9 }, new() { Rotation = 1 }, new() { Translate = 0.1 }, new() { Zoom = 0.1 }, new() { Shear = 1 }, new() { Brightness = 0.1 },
            new() { Contrast = 0.1 }, new() { Saturation = 0.1 }, new() { Hue = 0.1 }, new() { Blur = 0.1 }, new() { Erasing = 0.1 },
        ];
        Assert.All(others, other => Assert.False(other.IsAtMostMirror));
    }

    [Fact]
    public void Values_out_of_range_are_refused_by_name()
    {
        (string Name, Func<PhotoAugmentation> Make)[] wrong =
        [
            ("CropScale", () => new() { CropScale = 0 }), ("CropScale", () => new() { CropScale = 1.1 }), ("CropAspect", () => new() { CropAspect = 0.9 }), ("Rotation", () => new() { Rotation = 181 }),
            ("Translate", () => new() { Translate = 0.6 }), ("Zoom", () => new() { Zoom = 1 }), ("Shear", () => new() { Shear = -1 }), ("Brightness", () => new() { Brightness = 1.5 }),
            ("Contrast", () => new() { Contrast = -0.1 }), ("Saturation", () => new() { Saturation = double.NaN }), ("Hue", () => new() { Hue = 0.6 }), ("Blur", () => new() { Blur = 2 }),
            ("BlurSigma", () => new() { BlurSigma = 0 }), ("Erasing", () => new() { Erasing = -1 }),
        ];
        Assert.All(wrong, pair => Assert.Matches($"^{pair.Name} is [-.0-9a-zA-Z]+, and must be [.0-9]+ to [.0-9]+\\.", Assert.Throws<ArgumentOutOfRangeException>(pair.Make).Message));
    }
}
