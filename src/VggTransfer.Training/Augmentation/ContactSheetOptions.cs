using System.ComponentModel.DataAnnotations;
using VggTransfer.Architectures;
using VggTransfer.Images;

namespace VggTransfer.Augmentation;

/// <summary>What a <see cref="ContactSheet"/> shows.</summary>
public sealed record ContactSheetOptions
{
    /// <summary>How photos are changed.</summary>
    public PhotoAugmentation Augmentation { get; init; } = PhotoAugmentation.Photo;

    /// <summary>MixUp's alpha; 0 for none.</summary>
    public double MixUp { get; init; }

    /// <summary>CutMix's alpha; 0 for none.</summary>
    public double CutMix { get; init; }

    /// <summary>The most photos, 1 to 100; they are chosen at random.</summary>
    [Range(1, 100)]
    public int Photos { get; init; } = 8;

    /// <summary>Changed versions of each, 1 to 50.</summary>
    [Range(1, 50)]
    public int Variants { get; init; } = 6;

    /// <summary>Side of the network's input in pixels, 32 to 1024.</summary>
    [Range(VggArchitecture.SmallestInput, 1024)]
    public int InputSize { get; init; } = new VggArchitecture().InputSize;

    /// <summary>Of the choice and of the changes.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How photos are turned.</summary>
    public ImageOrientation Orientation { get; init; } = ImageOrientation.Upright;

    /// <summary>Whether an image that can't be read ends it all, instead of being left out.</summary>
    public bool Strict { get; init; }
}
