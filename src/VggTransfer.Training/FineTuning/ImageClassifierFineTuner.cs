using VggTransfer.Datasets;

namespace VggTransfer.FineTuning;

/// <summary>Fine-tunes a pretrained VGG on a folder of images: from frozen features to the whole network.</summary>
public static class ImageClassifierFineTuner
{
    /// <summary>The file in a workspace that says which fine-tuning it holds: <c>workspace.json</c>.</summary>
    public const string WorkspaceIdentity = "workspace.json";

    /// <summary>Fine-tunes.</summary>
    /// <param name="folder">The images, in at least two classes.</param>
    /// <param name="options">Network, layers, recipe; null for the defaults.</param>
    /// <param name="progress">Told how far the work is.</param>
    /// <param name="cancellationToken">
    /// Ends the work after the step under way; with <see cref="FineTuningOptions.WorkspacePath"/> the same call goes on with it.
    /// </param>
    /// <returns>The classifier; dispose it when it is saved.</returns>
    /// <exception cref="InvalidImageFolderException">There are fewer than two classes with readable images, or nothing to validate on.</exception>
    /// <exception cref="InvalidModelFileException">The classifier to continue from is damaged.</exception>
    /// <exception cref="ArgumentException">An option is out of its range or doesn't fit the network.</exception>
    /// <exception cref="IOException">The workspace holds another fine-tuning, or can't be written.</exception>
    /// <exception cref="Training.TrainingEngineNotFoundException">The native library that computes isn't there.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static FineTunedImageClassifier Train(
        ImageFolder folder, FineTuningOptions? options = null, IProgress<FineTuningProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return FineTuningRun.Train(folder, options ?? new FineTuningOptions(), progress, cancellationToken);
    }

    /// <summary>
    /// Looks for a learning rate: tries growing ones on the last stage of a fine-tuning, head and trained blocks together, each
    /// block with its share of the head's rate. Trains nothing that is kept.
    /// </summary>
    /// <param name="folder">The images, in at least two classes.</param>
    /// <param name="options">Network, layers, recipe; workspace and time budget don't count.</param>
    /// <param name="finder">Which rates; null for the defaults.</param>
    /// <param name="progress">Told how far the work is.</param>
    /// <param name="cancellationToken">Ends the work before the next step.</param>
    /// <exception cref="InvalidImageFolderException">There are fewer than two classes with readable images, or nothing to validate on.</exception>
    /// <exception cref="ArgumentException">An option is out of its range or doesn't fit the network.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static LearningRateCurve FindLearningRate(
        ImageFolder folder, FineTuningOptions options, LearningRateFinderOptions? finder = null, IProgress<FineTuningProgress>? progress = null, CancellationToken cancellationToken = default) =>
        FineTuningRun.FindLearningRate(folder, options, finder ?? new LearningRateFinderOptions(), progress, cancellationToken);
}
