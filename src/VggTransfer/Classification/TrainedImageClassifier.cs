using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Features;
using VggTransfer.MlNet;

namespace VggTransfer.Classification;

/// <summary>The result of a training: how good it is, what was chosen, and the means to save it.</summary>
public sealed class TrainedImageClassifier : IDisposable
{
    /// <summary>The column of paths that a saved model takes.</summary>
    internal const string PathColumn = "ImagePath";

    private readonly MLContext _mlContext;
    private readonly VggFeaturesTransformer _features;
    private readonly FittedHead _head;
    private readonly NoveltyDetector? _novelty;

    internal TrainedImageClassifier(MLContext mlContext, VggFeaturesTransformer features, FittedHead head, NoveltyDetector? novelty)
    {
        _novelty = novelty;
        _mlContext = mlContext;
        _features = features;
        _head = head;
    }

    /// <summary>What the classifier is and how it was trained.</summary>
    public required ClassifierDescription Description { get; init; }

    /// <summary>
    /// How well it does on the validation images, by a head that hasn't seen them; the saved one may have been fitted again on all
    /// (<see cref="ClassifierDescription.IsRefitted"/>).
    /// </summary>
    public required ClassificationMetrics Validation { get; init; }

    /// <summary>The validation images, each with its true class and the probabilities of all classes, by the head that hasn't seen them.</summary>
    public required IReadOnlyList<LabeledPrediction> ValidationPredictions { get; init; }

    /// <summary>What the head that was judged was fitted on.</summary>
    public required LabeledFeatures TrainingFeatures { get; init; }

    /// <summary>The training images' files, in the order of <see cref="TrainingFeatures"/>.</summary>
    public required IReadOnlyList<string> TrainingPaths { get; init; }

    /// <summary>What the head was measured on, in the order of <see cref="ValidationPredictions"/>.</summary>
    public required LabeledFeatures ValidationFeatures { get; init; }

    /// <summary>Whether it can tell pictures that are none of the classes; false where there were too few images to learn what is usual.</summary>
    public bool TellsUnknown => _novelty is not null;

    /// <summary>The input sizes that were tried, with the best cross-validation result of each; empty if none was compared.</summary>
    public required IReadOnlyList<(int InputSize, HeadTrial Best)> InputSizeTrials { get; init; }

    /// <summary>The layers and regularisations that were tried at the chosen input size, best first; empty if both were given.</summary>
    public required IReadOnlyList<HeadTrial> HeadTrials { get; init; }

    /// <summary>The images that couldn't be read.</summary>
    public required IReadOnlyList<SkippedImage> Skipped { get; init; }

    /// <summary>Features that an earlier run had computed, over all input sizes; 0 without a cache.</summary>
    public int FromCache { get; init; }

    /// <summary>What a user should know about the data, as whole sentences.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>The pipeline: column ImagePath in, Score (probabilities) and PredictedLabel (text) out.</summary>
    public ITransformer Transformer => new TransformerChain<ITransformer>([_features, .. _head.Transformers]);

    /// <summary>
    /// Writes a model file that <c>mlContext.Model.Load</c> reads in an application with only Microsoft.ML packages, and
    /// <see cref="ImageClassifier.Load(string, ImageClassifierOptions)"/> faster. It appears whole or not at all.
    /// </summary>
    /// <param name="path">The file, by custom a .zip.</param>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ClassifierFile.Write(path, _mlContext, Transformer, NoRows(_mlContext).Schema, Description, _head.Weights, _novelty);
    }

    /// <inheritdoc/>
    public void Dispose() => _features.Dispose();

    /// <summary>The input of a saved model, without images.</summary>
    internal static IDataView NoRows(MLContext mlContext) => mlContext.Data.LoadFromEnumerable(Array.Empty<PathRow>());

    /// <summary>The one column that prediction needs.</summary>
    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }
}
