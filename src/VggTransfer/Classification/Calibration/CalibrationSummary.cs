namespace VggTransfer.Classification;

/// <summary>How a head's probabilities were calibrated, and what it changed on the validation images.</summary>
public sealed record CalibrationSummary
{
    /// <summary>
    /// What the logits were divided by; it is part of the saved weights. Above 1 where the head was too sure of itself.
    /// </summary>
    public required double Temperature { get; init; }

    /// <summary>How many images, unseen by the head that judged them, the temperature follows from.</summary>
    public required int Images { get; init; }

    /// <summary>How many of these are training images that were held out in turn, because there are few validation images.</summary>
    public required int HeldOutTrainingImages { get; init; }

    /// <summary>The expected calibration error without it, 0 to 1.</summary>
    public required double ErrorBefore { get; init; }

    /// <summary>The expected calibration error with it, 0 to 1.</summary>
    public required double ErrorAfter { get; init; }

    /// <summary>The log-loss without it.</summary>
    public required double LogLossBefore { get; init; }

    /// <summary>The log-loss with it.</summary>
    public required double LogLossAfter { get; init; }
}
