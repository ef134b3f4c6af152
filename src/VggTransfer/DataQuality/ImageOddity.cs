namespace VggTransfer.DataQuality;

/// <summary>What is unusual about a picture that can be read.</summary>
public enum ImageOddity
{
    /// <summary>Its shorter side has fewer pixels than <see cref="ImageFolderCheckOptions.SmallestSide"/>.</summary>
    Tiny,

    /// <summary>It is so long or so high that a square from its middle shows little of it (<see cref="ImageFolderCheckOptions.LargestAspect"/>).</summary>
    ExtremeAspect,

    /// <summary>All of it has nearly one colour, so there is nothing to learn from.</summary>
    OneColour,

    /// <summary>A JPEG in printing inks (CMYK), whose colours every program shows differently.</summary>
    Cmyk,

    /// <summary>Parts of it are transparent; what a network sees there are colours that nobody sees.</summary>
    Transparent,
}
