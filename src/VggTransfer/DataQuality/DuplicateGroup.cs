namespace VggTransfer.DataQuality;

/// <summary>How a copy differs from the image that is kept.</summary>
public enum DuplicateKind
{
    /// <summary>Not at all: the files have the same bytes.</summary>
    SameFile,

    /// <summary>The files differ, their pixels don't.</summary>
    SamePixels,

    /// <summary>It was recompressed, resized or slightly changed.</summary>
    NearDuplicate,

    /// <summary>The same with left and right exchanged.</summary>
    Mirrored,
}

/// <summary>A file that shows what another one shows.</summary>
/// <param name="Image">The file.</param>
/// <param name="Kind">How it differs from the image that is kept.</param>
/// <param name="Similarity">The correlation of the two pictures' thumbnails, up to 1.</param>
public sealed record DuplicateImage(CheckedImage Image, DuplicateKind Kind, double Similarity);

/// <summary>Files that show one picture. Likeness goes from copy to copy, so two copies may differ more from each other than each from the next.</summary>
/// <param name="Kept">The one to keep: of the images to validate on if there is one, then with the label that fits best, then the largest.</param>
/// <param name="Copies">The others; at least one.</param>
public sealed record DuplicateGroup(CheckedImage Kept, IReadOnlyList<DuplicateImage> Copies)
{
    /// <summary>Whether the copies lie in different classes, so that at least one label is wrong.</summary>
    public bool CrossesClasses => Copies.Any(copy => copy.Image.Label != Kept.Label);

    /// <summary>Whether one is to be learnt from and another to validate on, so that the validation says too much.</summary>
    public bool IsLeakage => Copies.Any(copy => copy.Image.IsValidation != Kept.IsValidation);
}
