using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Models;
using VggTransfer.Weights;

namespace VggTransfer.FineTuning;

/// <summary>The result of a fine-tuning: how good it is, what was done, and the means to save it.</summary>
public sealed class FineTunedImageClassifier : IDisposable
{
    private readonly WarmStart _start;
    private readonly NoveltyDetector? _novelty;
    private readonly string? _workspace;

    private FineTunedImageClassifier(WarmStart start, VggModel network, LinearHead head, NoveltyDetector? novelty, string? workspace)
    {
        _workspace = workspace;
        _start = start;
        _novelty = novelty;
        Network = network;
        Head = head;
    }

    /// <summary>What the classifier is and how it was trained.</summary>
    public required ClassifierDescription Description { get; init; }

    /// <summary>How well it does on the validation images.</summary>
    public required ClassificationMetrics Validation { get; init; }

    /// <summary>The validation images.</summary>
    public required IReadOnlyList<LabeledImage> ValidationImages { get; init; }

    /// <summary>How well it does on the validation images where each is averaged with its mirror picture (test-time augmentation).</summary>
    public required ClassificationMetrics ValidationMirrored { get; init; }

    /// <summary>How well the first head on the frozen network did on them, before any weight of the network changed; null where there was none.</summary>
    public required ClassificationMetrics? Frozen { get; init; }

    /// <summary>How the best head on the frozen network did at each input size that was compared, in cross-validation on the training images; empty if none were.</summary>
    public required IReadOnlyList<(int InputSize, HeadTrial Best)> InputSizeTrials { get; init; }

    /// <summary>The stages that were trained.</summary>
    public required IReadOnlyList<FineTuningStage> Stages { get; init; }

    /// <summary>The figures of each epoch, over all stages.</summary>
    public required IReadOnlyList<Logs> Epochs { get; init; }

    /// <summary>The epoch, from 1, whose weights were kept; 0 if none was better than the first head.</summary>
    public required int BestEpoch { get; init; }

    /// <summary>The device of the computation, in words.</summary>
    public required string Device { get; init; }

    /// <summary>The images that couldn't be read.</summary>
    public required IReadOnlyList<SkippedImage> Skipped { get; init; }

    /// <summary>What a user should know, as whole sentences.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>
    /// Whether its saved model can tell pictures that are none of the classes (<see cref="ImagePrediction.IsUnknown"/>): not with fewer
    /// than 20 validation images.
    /// </summary>
    public bool TellsUnknown => _novelty is not null;

    /// <summary>The fine-tuned network; its last dense layer is the head before it was calibrated.</summary>
    internal VggModel Network { get; }

    /// <summary>What stands on <see cref="ClassifierDescription.Layer"/> of the network; its probabilities are calibrated.</summary>
    internal LinearHead Head { get; }

    /// <summary>
    /// Writes the same kind of model file as <see cref="TrainedImageClassifier.Save"/>: <c>mlContext.Model.Load</c> reads it in an
    /// application with only Microsoft.ML packages, and <see cref="ImageClassifier.Load(string, ImageClassifierOptions)"/> faster. It appears whole or not at all.
    /// The frozen outputs in the workspace, which nothing needs any more then, are deleted.
    /// </summary>
    /// <param name="path">The file, by custom a .zip.</param>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ClassifierExport.Write(Network, Head, Description, path, _novelty);
        if (_workspace is not null)
        {
            FineTuningWorkspace.DeleteCache(_workspace);
        }
    }

    /// <summary>Writes the network's weights: the convolutions, and the dense part where it is a VGG's own.</summary>
    /// <param name="path">The file; its ending says the format, such as .safetensors, .pth or .h5.</param>
    /// <exception cref="NotSupportedException">The ending is of no format that is written.</exception>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public void SaveWeights(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        WeightsFile.Write(Network, path);
    }

    /// <summary>Frees the pretrained network, where it was opened for this training.</summary>
    public void Dispose()
    {
        Network.Dispose();
        _start.Dispose();
    }

    internal static FineTunedImageClassifier Create(
        WarmStart start, FineTuningContext context, IReadOnlyList<FineTuningStage> stages, NetworkWeights weights, FineTuningOutcome outcome, TimeSpan? noveltyTime)
    {
        (FineTuningOptions options, FineTuningNetwork network, FineTuningData data) = (context.Options, context.Network, context.Data);
        bool hasTop = network.Architecture.IncludeTop;
        VggModel model = weights.ToModel(network.Architecture with { InputSize = stages[^1].InputSize }, start.Backbone, hasTop ? data.Labels : null, start.Backbone.Provenance with
        {
            Changes = string.Join("; ", (string[])[.. start.Backbone.Provenance.Changes is { } before ? [before] : Array.Empty<string>(),
                $"fine-tuned on {data.TrainingClasses.Count} images of {data.Labels.Count} classes"]),
        });
        var description = ClassifierExport.Describe(model, network.Layer, data.Labels, stages[^1].InputSize, network.Preprocessing, new ClassifierExportOptions
        {
            Orientation = options.Orientation,
            TrainingImages = data.TrainingClasses.Count,
            ValidationImages = data.ValidationClasses.Count,
            ValidationAccuracy = outcome.Validation.Accuracy,
            Seed = options.Seed,
            FineTuning = new FineTuningDescription
            {
                Head = options.Head.ToString(),
                Stages = [.. stages.Select(stage => $"{FineTuningPlan.Describe(stage)}, {stage.Epochs} epoch{(stage.Epochs == 1 ? "" : "s")}")],
                Epochs = outcome.Epochs.Count,
                BestEpoch = outcome.BestEpoch,
                Start = start.Describe(network, data.Labels),
                FrozenAccuracy = outcome.Frozen?.Accuracy,
                MirroredAccuracy = outcome.ValidationMirrored.Accuracy,
                LearningRate = options.LearningRate,
                BackboneLearningRate = options.BackboneLearningRate,
                Augmentation = context.DescribeChanges(),
            },
        }) with
        { Calibration = outcome.Calibration };
        LinearHead head = weights.ToHead().AtTemperature(outcome.Calibration.Temperature);
        return new FineTunedImageClassifier(start, model, head, FinalCalibration.FitNovelty(model, head, description, context, noveltyTime), options.WorkspacePath)
        {
            Description = description,
            Validation = outcome.Validation,
            ValidationImages = data.ValidationImages,
            ValidationMirrored = outcome.ValidationMirrored,
            Frozen = outcome.Frozen,
            InputSizeTrials = context.InputSizeTrials,
            Stages = stages,
            Epochs = outcome.Epochs,
            BestEpoch = outcome.BestEpoch,
            Device = outcome.Device,
            Skipped = data.Skipped,
            Warnings = [.. context.Warnings.Distinct()],
        };
    }
}
