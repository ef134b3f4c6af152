using VggTransfer.MlNet;

// Where ML.NET users find it without a further using.
namespace Microsoft.ML;

/// <summary>Adds VGG features to <c>mlContext.Transforms</c>.</summary>
public static class VggFeaturesCatalog
{
    /// <summary>Reads image files and yields the features of a frozen VGG.</summary>
    /// <remarks>
    /// Training and bulk transformation run in batches, with decoding beside inference; each image goes through the
    /// network once, and its features are kept for the trainer's next passes (4 bytes for each value). A saved pipeline
    /// consists of ML.NET's own LoadImages, ResizeImages, ExtractPixels and ApplyOnnxModel, and loads in an application
    /// without this library.
    /// </remarks>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms</c>.</param>
    /// <param name="outputColumnName">The column of features: a vector of singles.</param>
    /// <param name="inputColumnName">The column of paths: text.</param>
    /// <param name="options">Network, layer, input size and the like.</param>
    /// <exception cref="ArgumentException">The options don't fit the network.</exception>
    public static VggFeaturesEstimator VggFeatures(this TransformsCatalog catalog, string outputColumnName, string inputColumnName, VggFeaturesOptions? options = null) =>
        new(catalog, new VggFeaturesColumns(outputColumnName, inputColumnName, VggFeaturesInput.ImagePath), options ?? new VggFeaturesOptions());

    /// <summary>Yields the features of a frozen VGG of images that are loaded already.</summary>
    /// <param name="catalog">The catalog, <c>mlContext.Transforms</c>.</param>
    /// <param name="outputColumnName">The column of features: a vector of singles.</param>
    /// <param name="inputColumnName">The column of images: <see cref="Data.MLImage"/>.</param>
    /// <param name="options">Network, layer, input size and the like; image folder and orientation don't matter.</param>
    /// <exception cref="ArgumentException">The options don't fit the network.</exception>
    /// <inheritdoc cref="VggFeatures" path="/remarks"/>
    public static VggFeaturesEstimator VggFeaturesFromImage(this TransformsCatalog catalog, string outputColumnName, string inputColumnName, VggFeaturesOptions? options = null) =>
        new(catalog, new VggFeaturesColumns(outputColumnName, inputColumnName, VggFeaturesInput.Image), options ?? new VggFeaturesOptions());
}
