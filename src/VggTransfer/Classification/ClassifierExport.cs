using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.MlNet;
using VggTransfer.Models;

namespace VggTransfer.Classification;

/// <summary>
/// Writes a network that was trained whole as the same kind of model file that a trained head gets: the network up to its
/// last hidden layer, and its last dense layer as the head.
/// </summary>
public static class ClassifierExport
{
    /// <summary>
    /// Writes a model file that <see cref="ImageClassifier.Load(string, ImageClassifierOptions)"/> reads, and <c>mlContext.Model.Load</c> in an application
    /// with only Microsoft.ML packages. It appears whole or not at all.
    /// </summary>
    /// <param name="model">A network with a dense part; its preprocessing and its labels must be known.</param>
    /// <param name="path">The file, by custom a .zip.</param>
    /// <param name="options">What to say of the training, and how photos are prepared.</param>
    /// <exception cref="ArgumentException">The network has no dense part, or its preprocessing or labels aren't known.</exception>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public static void Write(VggModel model, string path, ClassifierExportOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new ClassifierExportOptions();
        VggArchitecture architecture = model.Architecture;
        IReadOnlyList<string> labels = model.Labels ?? throw new ArgumentException("The names of the classes aren't known; a classifier needs them.", nameof(model));
        if (!architecture.IncludeTop)
        {
            throw new ArgumentException($"{architecture.DisplayName} gives no classes; train a head on it instead.", nameof(model));
        }

        PreprocessingFamily preprocessing = model.Preprocessing
            ?? throw new ArgumentException("It isn't known how pixels were normalised for this network; a classifier needs to know.", nameof(model));
        FeatureLayer layer = architecture.HiddenDenseLayers > 0 ? FeatureLayer.Fc7 : FeatureLayer.Parse(FeatureLayer.LastMap(architecture));
        IReadOnlyList<TensorSpecification> last = architecture.Layer("predictions").Tensors;
        var head = new LinearHead(model.Tensors[last[0].Name].ToSingles(), model.Tensors[last[1].Name].ToSingles());

        var mlContext = new MLContext(seed: 0);
        FittedHead fitted = new HeadTrainer(mlContext, labels).Take(head);
        IDataView noRows = TrainedImageClassifier.NoRows(mlContext);
        using VggFeaturesTransformer features = mlContext.Transforms.VggFeatures(HeadTrainer.FeaturesColumn, TrainedImageClassifier.PathColumn, new VggFeaturesOptions
        {
            Backbone = model,
            Layer = layer,
            InputSize = architecture.InputSize,
            Orientation = options.Orientation,
        }).Fit(noRows);
        ClassifierFile.Write(path, mlContext, new TransformerChain<ITransformer>([features, .. fitted.Transformers]), noRows.Schema, new ClassifierDescription
        {
            TrainedBy = ClassifierDescription.ThisVersion,
            Labels = labels,
            Architecture = architecture.DisplayName,
            Backbone = model.Provenance,
            Preprocessing = preprocessing,
            Layer = layer,
            InputSize = architecture.InputSize,
            Resize = ResizeRecipe.MlNetCrop,
            Orientation = options.Orientation,
            L2Regularization = options.L2Regularization,
            Seed = options.Seed,
            TrainingImages = options.TrainingImages,
            ValidationImages = options.ValidationImages,
            ValidationAccuracy = options.ValidationAccuracy,
        }, head);
    }
}
