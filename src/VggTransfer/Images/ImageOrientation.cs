namespace VggTransfer.Images;

/// <summary>What to do with the orientation that a camera writes beside the pixels (EXIF tag 0x0112).</summary>
public enum ImageOrientation
{
    /// <summary>Turn the picture as its EXIF or XMP orientation says, so that it stands as a viewer would show it.</summary>
    Upright,

    /// <summary>Leave the pixels as they lie in the file: what torchvision, timm, Keras and ML.NET see.</summary>
    AsStored,
}
