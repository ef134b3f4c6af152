using VggTransfer.Training;

namespace VggTransfer.Cli;

internal enum OptimizerKind
{
    Sgd,
    Adam,
    AdamW,
    RmsProp,
}

internal enum ScheduleKind
{
    Cosine,
    Steps,
    Constant,
}

internal enum AugmentKind
{
    None,
    Flip,
    CropFlip,
}

/// <summary>How a network is trained: everything that the result depends on, but network and images.</summary>
internal sealed record FitSettings
{
    public required int Epochs { get; init; }

    public required int BatchSize { get; init; }

    public required int? StepsPerEpoch { get; init; }

    public required OptimizerKind Optimizer { get; init; }

    /// <summary>The largest rate.</summary>
    public required double LearningRate { get; init; }

    public required ScheduleKind Schedule { get; init; }

    /// <summary>Epochs of a cosine's warm-up.</summary>
    public required double WarmUp { get; init; }

    /// <summary>The penalty on the convolutions' kernels.</summary>
    public required double L2 { get; init; }

    public required double WeightDecay { get; init; }

    public required double LabelSmoothing { get; init; }

    public required AugmentKind Augment { get; init; }

    /// <summary>Epochs of patience; null for none.</summary>
    public required int? EarlyStopping { get; init; }

    public required int CheckpointSteps { get; init; }

    public required int Seed { get; init; }

    public required Precision Precision { get; init; }
}
