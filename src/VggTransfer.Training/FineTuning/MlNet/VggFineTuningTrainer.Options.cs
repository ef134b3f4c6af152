using Microsoft.ML;
using VggTransfer.Augmentation;
using VggTransfer.Datasets;
using VggTransfer.Images;

namespace VggTransfer.FineTuning;

public sealed partial class VggFineTuningTrainer
{
    /// <summary>
    /// Columns and recipe. The names are those of Microsoft.ML.Vision's image classification where they mean the same; what
    /// isn't given follows from <see cref="Recipe"/>.
    /// </summary>
    public sealed record Options
    {
        /// <summary>The column of classes: a key, as <c>MapValueToKey</c> makes it.</summary>
        public string LabelColumnName { get; init; } = "Label";

        /// <summary>The column of image files: text.</summary>
        public string FeatureColumnName { get; init; } = "ImagePath";

        /// <summary>The column of probabilities that the model gives: a vector of singles, one for each value of the label's key.</summary>
        public string ScoreColumnName { get; init; } = "Score";

        /// <summary>The column of the most probable class that the model gives: a key of the label's values.</summary>
        public string PredictedLabelColumnName { get; init; } = "PredictedLabel";

        /// <summary>What relative image paths are relative to; by default the current folder.</summary>
        public string? ImageFolder { get; init; }

        /// <summary>Images to validate on, with the same columns; null to keep a part of the training images.</summary>
        public IDataView? ValidationSet { get; init; }

        /// <summary>The share of each class that is kept for validation, above 0 and below 1; unused with <see cref="ValidationSet"/>.</summary>
        public double? ValidationSetFraction { get; init; }

        /// <summary>Epochs in all, 1 or more.</summary>
        public int? Epoch { get; init; }

        /// <summary>Images in a step, 1 to 1024.</summary>
        public int? BatchSize { get; init; }

        /// <summary>The head's largest learning rate; the trained blocks have <see cref="FineTuningOptions.BackboneLearningRate"/>.</summary>
        public double? LearningRate { get; init; }

        /// <summary>Epochs without a better validation loss after which training ends.</summary>
        public int? EarlyStopping { get; init; }

        /// <summary>The first layer that is trained, as in <see cref="FineTuningOptions.FreezeUntil"/>.</summary>
        public string? FreezeUntil { get; init; }

        /// <summary>How training images are changed.</summary>
        public PhotoAugmentation? Augmentation { get; init; }

        /// <summary>
        /// A folder for checkpoints and for the outputs of the frozen layers, so that the same call goes on after an interruption.
        /// Cached outputs are known by their content: they are used again by whatever fits them, and made anew otherwise.
        /// Null for a temporary folder that is deleted at the end.
        /// </summary>
        public string? WorkspacePath { get; init; }

        /// <summary>The seed; null for that of the <see cref="MLContext"/>, or for chance where that has none.</summary>
        public int? Seed { get; init; }

        /// <summary>Told how far the training is, and of each epoch that has ended. Called on the thread that trains.</summary>
        public Action<VggFineTuningMetrics>? MetricsCallback { get; init; }

        /// <summary>Ends the training after the step under way.</summary>
        public CancellationToken CancellationToken { get; init; }

        /// <summary>
        /// Everything else: network, head, rates, schedule, averaging, time budget, device. What is given above goes before it. Its
        /// <see cref="FineTuningOptions.Validation"/> and <see cref="FineTuningOptions.Orientation"/> aren't used: ML.NET's own
        /// <c>LoadImages</c>, which a saved model consists of, doesn't turn photos upright.
        /// </summary>
        public FineTuningOptions Recipe { get; init; } = new();

        /// <summary>The recipe with what is given above.</summary>
        /// <param name="seed">The seed where none is given.</param>
        /// <param name="validation">The images of <see cref="ValidationSet"/>.</param>
        internal FineTuningOptions ToRecipe(int seed, ImageFolder? validation) => Recipe with
        {
            ValidationFraction = ValidationSetFraction ?? Recipe.ValidationFraction,
            Validation = validation,
            Epochs = Epoch ?? Recipe.Epochs,
            BatchSize = BatchSize ?? Recipe.BatchSize,
            LearningRate = LearningRate ?? Recipe.LearningRate,
            EarlyStopping = EarlyStopping ?? Recipe.EarlyStopping,
            FreezeUntil = FreezeUntil ?? Recipe.FreezeUntil,
            Augmentation = Augmentation ?? Recipe.Augmentation,
            WorkspacePath = WorkspacePath ?? Recipe.WorkspacePath,
            Seed = Seed ?? seed,
            Orientation = ImageOrientation.AsStored,
        };

        /// <exception cref="ArgumentException">A column has no name, or two have the same.</exception>
        internal void Check()
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(LabelColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(FeatureColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(ScoreColumnName);
            ArgumentException.ThrowIfNullOrWhiteSpace(PredictedLabelColumnName);
            ArgumentNullException.ThrowIfNull(Recipe);
            if (ScoreColumnName == PredictedLabelColumnName)
            {
                throw new ArgumentException($"{nameof(ScoreColumnName)} and {nameof(PredictedLabelColumnName)} are both '{ScoreColumnName}'; name two columns.");
            }
        }
    }
}
