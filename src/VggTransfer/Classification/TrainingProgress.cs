namespace VggTransfer.Classification;

/// <summary>The parts of a training, in their order.</summary>
public enum TrainingStage
{
    /// <summary>Features in 8-bit integers are compared with those in floating point.</summary>
    ChoosingPrecision,

    /// <summary>Images go through the network.</summary>
    ExtractingFeatures,

    /// <summary>Cross-validation compares layers and regularisations.</summary>
    SelectingLayer,

    /// <summary>The head is fitted.</summary>
    FittingHead,
}

/// <summary>How far a training is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Images or trials done.</param>
/// <param name="Total">Images or trials in all.</param>
/// <param name="Note">What this stage is about, such as <c>input size 128</c>; may be empty.</param>
public sealed record TrainingProgress(TrainingStage Stage, int Done, int Total, string Note = "");
