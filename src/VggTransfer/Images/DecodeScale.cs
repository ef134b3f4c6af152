namespace VggTransfer.Images;

/// <summary>Whether a large JPEG is decoded in full before it is resized to a network's input.</summary>
public enum DecodeScale
{
    /// <summary>Every pixel, always.</summary>
    Full,

    /// <summary>
    /// A JPEG whose shorter side is at least four times what it becomes is decoded at 1/2, 1/4 or 1/8 of its size, which costs a
    /// fraction of the time and memory; at least twice what is needed remains, and is resized as before. The result is within
    /// one level of 255 of that of the full decode, on average. Smaller photos, other formats and nearest-neighbour recipes
    /// give the same pixels as <see cref="Full"/>; with <see cref="ResizeRecipe.MlNetCrop"/>, so do photos with a side that 2
    /// doesn't divide.
    /// </summary>
    Fast,
}
