using VggTransfer.Keras.Callbacks;

namespace VggTransfer.FineTuning;

/// <summary>The parts of a fine-tuning, in their order.</summary>
public enum FineTuningPhase
{
    /// <summary>Images are decoded.</summary>
    DecodingImages,

    /// <summary>Images go through the frozen network at sizes that are compared.</summary>
    ComparingInputSizes,

    /// <summary>Images go through the frozen layers.</summary>
    ComputingFrozenLayers,

    /// <summary>A head is fitted on frozen features: to compare input sizes, and to begin with.</summary>
    FittingHead,

    /// <summary>Weights are trained.</summary>
    Training,

    /// <summary>The result is judged.</summary>
    Evaluating,
}

/// <summary>How far a fine-tuning is.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Done">Images or steps done in this phase.</param>
/// <param name="Total">Images or steps of this phase.</param>
/// <param name="Note">What this is about, such as <c>epoch 3 of 12, block5_conv1 on, input size 128</c>; may be empty.</param>
/// <param name="Epochs">
/// Where an epoch has just ended, the figures of all epochs so far, those before an interruption included (Keras's names: loss,
/// accuracy, val_loss, val_accuracy, lr); otherwise null.
/// </param>
public sealed record FineTuningProgress(FineTuningPhase Phase, int Done, int Total, string Note = "", IReadOnlyList<Logs>? Epochs = null)
{
    /// <summary>The figures of an epoch that has just ended; otherwise null.</summary>
    public Logs? Epoch => Epochs?[^1];

    /// <summary>What was decided, as a whole sentence; otherwise null.</summary>
    public string? Decision { get; init; }

    /// <summary>The number of that epoch over all stages, from 1; otherwise null.</summary>
    public int? EpochNumber => Epochs?.Count;
}
