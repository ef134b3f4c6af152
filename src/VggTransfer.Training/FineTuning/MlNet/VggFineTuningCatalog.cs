using VggTransfer.FineTuning;

// Where ML.NET users find it without a further using.
namespace Microsoft.ML;

/// <summary>Adds fine-tuning of a VGG to <c>mlContext.MulticlassClassification.Trainers</c>.</summary>
public static class VggFineTuningCatalog
{
    /// <summary>Fine-tunes a pretrained VGG on image files.</summary>
    /// <remarks>
    /// Training needs libtorch, such as the package TorchSharp-cpu. What is saved consists of ML.NET's own LoadImages,
    /// ResizeImages, ExtractPixels, ApplyOnnxModel and a linear classifier, and loads in an application without this library.
    /// </remarks>
    /// <param name="trainers">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The column of classes: a key, as <c>MapValueToKey</c> makes it.</param>
    /// <param name="featureColumnName">The column of image files: text.</param>
    /// <param name="scoreColumnName">The column of probabilities that it gives.</param>
    /// <param name="predictedLabelColumnName">The column of the most probable class that it gives: a key of the label's values.</param>
    /// <param name="validationSet">Images to validate on, with the same two columns; null to keep a part of the training images.</param>
    /// <exception cref="ArgumentException">A column has no name.</exception>
    public static VggFineTuningTrainer VggFineTuning(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers,
        string labelColumnName = "Label",
        string featureColumnName = "ImagePath",
        string scoreColumnName = "Score",
        string predictedLabelColumnName = "PredictedLabel",
        IDataView? validationSet = null) =>
        trainers.VggFineTuning(new VggFineTuningTrainer.Options
        {
            LabelColumnName = labelColumnName,
            FeatureColumnName = featureColumnName,
            ScoreColumnName = scoreColumnName,
            PredictedLabelColumnName = predictedLabelColumnName,
            ValidationSet = validationSet,
        });

    /// <summary>Fine-tunes a pretrained VGG on image files.</summary>
    /// <param name="trainers">The catalog, <c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">Columns, network and recipe.</param>
    /// <exception cref="ArgumentException">A column has no name.</exception>
    /// <inheritdoc cref="VggFineTuning(MulticlassClassificationCatalog.MulticlassClassificationTrainers, string, string, string, string, IDataView?)" path="/remarks"/>
    public static VggFineTuningTrainer VggFineTuning(this MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers, VggFineTuningTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(trainers);
        ArgumentNullException.ThrowIfNull(options);
        return new VggFineTuningTrainer(CatalogEnvironment.Of(trainers), options);
    }
}
