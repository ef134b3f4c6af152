namespace VggTransfer.FineTuning;

/// <summary>What a learning rate led to.</summary>
/// <param name="Rate">The rate of the update.</param>
/// <param name="Loss">The loss before that update, and so after the one with the rate before.</param>
/// <param name="SmoothedLoss">The moving average of the losses so far, with its start corrected.</param>
public readonly record struct LearningRatePoint(double Rate, double Loss, double SmoothedLoss);
