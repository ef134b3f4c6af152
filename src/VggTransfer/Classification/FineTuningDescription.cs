using System.Text.Json.Serialization;

namespace VggTransfer.Classification;

/// <summary>How the network of a classifier was fine-tuned: the facts that travel in its file.</summary>
public sealed record FineTuningDescription
{
    /// <summary>What stands on the convolutions: <c>Pooled</c> or <c>Dense</c>.</summary>
    public required string Head { get; init; }

    /// <summary>What was trained in which order, such as <c>block5_conv1 on, input size 128, 12 epochs</c>.</summary>
    public required IReadOnlyList<string> Stages { get; init; }

    /// <summary>Epochs that were trained, over all stages.</summary>
    public required int Epochs { get; init; }

    /// <summary>The epoch, from 1, whose weights these are; 0 if none was better than the start.</summary>
    public required int BestEpoch { get; init; }

    /// <summary>What the training began with, as a sentence.</summary>
    public required string Start { get; init; }

    /// <summary>The accuracy of the first head on the frozen network, 0 to 1; null where there was none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? FrozenAccuracy { get; init; }

    /// <summary>The accuracy where each validation image is averaged with its mirror picture, 0 to 1.</summary>
    public required double MirroredAccuracy { get; init; }

    /// <summary>The head's largest learning rate.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The largest learning rate of the topmost block.</summary>
    public required double BackboneLearningRate { get; init; }

    /// <summary>How training images were changed, in words.</summary>
    public required string Augmentation { get; init; }
}
