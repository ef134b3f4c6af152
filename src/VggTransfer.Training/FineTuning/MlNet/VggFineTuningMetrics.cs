namespace VggTransfer.FineTuning;

/// <summary>How far a fine-tuning in ML.NET is, and what an epoch that has just ended came to.</summary>
/// <param name="Phase">What is being done.</param>
/// <param name="Done">Images or steps done in this phase.</param>
/// <param name="Total">Images or steps of this phase.</param>
/// <param name="Epoch">The epoch that has just ended, from 1; null between the ends of epochs. The figures below are null with it.</param>
/// <param name="Accuracy">The share of training images that were classified rightly while the epoch went on, 0 to 1.</param>
/// <param name="CrossEntropy">The mean loss of the training images, label smoothing and penalties included.</param>
/// <param name="ValidationAccuracy">The share of validation images that are classified rightly, 0 to 1.</param>
/// <param name="ValidationCrossEntropy">The mean loss of the validation images.</param>
/// <param name="LearningRate">The head's learning rate at the epoch's end.</param>
public sealed record VggFineTuningMetrics(
    FineTuningPhase Phase,
    int Done,
    int Total,
    int? Epoch,
    double? Accuracy,
    double? CrossEntropy,
    double? ValidationAccuracy,
    double? ValidationCrossEntropy,
    double? LearningRate);
