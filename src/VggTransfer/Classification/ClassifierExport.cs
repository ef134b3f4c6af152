using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
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
        FeatureLayer layer = architecture.HiddenDenseLayers > 0 ? FeatureLayer.Fc7 : FeatureLayer.Parse(VggFeatureLayers.LastMap(architecture));
        IReadOnlyList<TensorSpecification> last = architecture.Layer("predictions").Tensors;
        var head = new LinearHead(model.Tensors[last[0].Name].ToSingles(), model.Tensors[last[1].Name].ToSingles());

        Write(model, head, Describe(model, layer, labels, architecture.InputSize, preprocessing, options), path);
    }

    /// <summary>What a file says of a network and the head on it.</summary>
    /// <param name="network">The network; of its dense part, if it has one, the head is the last layer.</param>
    /// <param name="layer">What the head works on.</param>
    /// <param name="labels">The names of the classes.</param>
    /// <param name="inputSize">Side of the input in pixels.</param>
    /// <param name="preprocessing">How pixels are normalised.</param>
    /// <param name="options">What the network can't say itself.</param>
    internal static ClassifierDescription Describe(
        VggModel network, FeatureLayer layer, IReadOnlyList<string> labels, int inputSize, PreprocessingFamily preprocessing, ClassifierExportOptions options) => new()
    {
        TrainedBy = ClassifierDescription.ThisVersion,
        Labels = labels,
        Architecture = network.Architecture.DisplayName,
        Backbone = network.Provenance,
        Preprocessing = preprocessing,
        Layer = layer,
        InputSize = inputSize,
        Resize = ResizeRecipe.MlNetCrop,
        Orientation = options.Orientation,
        L2Regularization = options.L2Regularization,
        Seed = options.Seed,
        TrainingImages = options.TrainingImages,
        ValidationImages = options.ValidationImages,
        ValidationAccuracy = options.ValidationAccuracy,
        FineTuning = options.FineTuning,
    };

    /// <summary>Writes a network up to a layer and a head on that layer, weights as they are.</summary>
    internal static void Write(VggModel network, LinearHead head, ClassifierDescription description, string path, NoveltyDetector? novelty = null)
    {
        var mlContext = new MLContext(seed: 0);
        (VggFeaturesTransformer features, FittedHead fitted) = Assemble(mlContext, network, head, description);
        using (features)
        {
            ClassifierFile.Write(
                path, mlContext, new TransformerChain<ITransformer>([features, .. fitted.Transformers]), TrainedImageClassifier.NoRows(mlContext).Schema, description, head, novelty);
        }
    }

    /// <summary>The parts of the pipeline: a column of image paths in, Score (probabilities) and PredictedLabel (text) out. Dispose the first.</summary>
    /// <param name="mlContext">ML.NET's context.</param>
    /// <param name="network">Must not be disposed before the result is.</param>
    /// <param name="head">The head's weights.</param>
    /// <param name="description">Layer, input size, labels and orientation.</param>
    internal static (VggFeaturesTransformer Features, FittedHead Head) Assemble(
        MLContext mlContext, VggModel network, LinearHead head, ClassifierDescription description)
    {
        FittedHead fitted = FittedHead.Create(mlContext, description.Labels, head);
        VggFeaturesTransformer features = mlContext.Transforms.VggFeatures(FittedHead.FeaturesColumn, TrainedImageClassifier.PathColumn, new VggFeaturesOptions
        {
            Backbone = new VggBackbone(network),
            Layer = description.Layer,
            InputSize = description.InputSize,
            Orientation = description.Orientation,
            Precision = description.Precision.Precision,
        }).Fit(TrainedImageClassifier.NoRows(mlContext));
        return (features, fitted);
    }
}
