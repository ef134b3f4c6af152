namespace VggTransfer.Training;

/// <summary>The figures of one batch.</summary>
/// <param name="Loss">The total: data loss and penalties, before the update.</param>
/// <param name="RegularizationLoss">The penalties alone, activity penalties included.</param>
/// <param name="Samples">The batch size.</param>
/// <param name="Metrics">For each metric the sum over the samples and the number it is divided by.</param>
/// <param name="LearningRate">What was used, 0 in evaluation.</param>
internal readonly record struct StepResult(double Loss, double RegularizationLoss, int Samples, IReadOnlyList<(double Sum, double Count)> Metrics, double LearningRate);
