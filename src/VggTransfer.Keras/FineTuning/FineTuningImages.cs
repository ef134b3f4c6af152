using VggTransfer.Datasets;

namespace VggTransfer.Keras.FineTuning;

/// <summary>The images of a fine-tuning, from a folder or from a table.</summary>
/// <param name="Path">What messages call them.</param>
/// <param name="Classes">The names of the classes, in the order of their indices.</param>
/// <param name="Images">The images, each of one of the classes.</param>
internal sealed record FineTuningImages(string Path, IReadOnlyList<string> Classes, IReadOnlyList<LabeledImage> Images)
{
    /// <summary>Those of a folder.</summary>
    public static FineTuningImages Of(ImageFolder folder) => new(folder.Path, folder.Classes, folder.Images);
}
