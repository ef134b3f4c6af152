using VggTransfer.Classification.Calibration;

namespace VggTransfer.Classification;

/// <summary>What a training saw, for reports that ask more than how accurate it is.</summary>
/// <param name="Training">What the head was fitted on.</param>
/// <param name="Validation">What judged it, in the order of <see cref="TrainedImageClassifier.ValidationPredictions"/>.</param>
/// <param name="TrainingPaths">The training images' files, in the order of <paramref name="Training"/>.</param>
internal sealed record TrainingEvidence(JudgedImages Training, JudgedImages Validation, IReadOnlyList<string> TrainingPaths);
