using VggTransfer.Classification;
using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Keras.FineTuning;

/// <summary>The result of a fine-tuning: how good it is, what was done, and the means to save it.</summary>
public sealed class FineTunedImageClassifier : IDisposable
{
    /// <summary>What the classifier is and how it was trained.</summary>
    public ClassifierDescription Description => throw new NotImplementedException();

    /// <summary>How well it does on the validation images.</summary>
    public ClassificationMetrics Validation => throw new NotImplementedException();

    /// <summary>How well it does on the validation images where each is averaged with its mirror picture (test-time augmentation).</summary>
    public ClassificationMetrics ValidationMirrored => throw new NotImplementedException();

    /// <summary>How well the first head on the frozen network did on them, before any weight of the network changed; null where there was none.</summary>
    public ClassificationMetrics? Frozen => throw new NotImplementedException();

    /// <summary>The stages that were trained.</summary>
    public IReadOnlyList<FineTuningStage> Stages => throw new NotImplementedException();

    /// <summary>The figures of each epoch, over all stages.</summary>
    public IReadOnlyList<Logs> Epochs => throw new NotImplementedException();

    /// <summary>The epoch, from 1, whose weights were kept; 0 if none was better than the first head.</summary>
    public int BestEpoch => throw new NotImplementedException();

    /// <summary>The device of the computation, in words.</summary>
    public string Device => throw new NotImplementedException();

    /// <summary>The images that couldn't be read.</summary>
    public IReadOnlyList<SkippedImage> Skipped => throw new NotImplementedException();

    /// <summary>What a user should know, as whole sentences.</summary>
    public IReadOnlyList<string> Warnings => throw new NotImplementedException();

    /// <summary>
    /// Writes the same kind of model file as <see cref="TrainedImageClassifier.Save"/>: <c>mlContext.Model.Load</c> reads it in an
    /// application with only Microsoft.ML packages, and <see cref="ImageClassifier.Load(string, ImageClassifierOptions)"/> faster.
    /// </summary>
    /// <param name="path">The file, by custom a .zip.</param>
    public void Save(string path) => throw new NotImplementedException(path);

    /// <summary>Writes the network's weights as safetensors: the convolutions, and the dense part where it is a VGG's own.</summary>
    /// <param name="path">The file.</param>
    public void SaveWeights(string path) => throw new NotImplementedException(path);

    /// <inheritdoc/>
    public void Dispose() => GC.SuppressFinalize(this);
}
