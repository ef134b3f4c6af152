namespace VggTransfer.Benchmarks.Comparisons;

/// <summary>How thoroughly everything is measured.</summary>
internal sealed record Effort
{
    /// <summary>
    /// Photos in all. Not fewer where it has to be quick: ranges measured on a third of them would make the cosines a measure of
    /// that.
    /// </summary>
    public const int Photos = 100;

    /// <summary>About 3 minutes on two processors.</summary>
    public static Effort Quick { get; } = new()
    {
        Rounds = 2,
        RunTime = TimeSpan.FromSeconds(0.7),
        BatchSizes = [8],
        TimedPhotos = 16,
        TrainingBatch = 32,
        TrainingSteps = 2,
        IsQuick = true,
    };

    /// <summary>About 20 minutes on two processors.</summary>
    public static Effort Full { get; } = new()
    {
        Rounds = 5,
        RunTime = TimeSpan.FromSeconds(2),
        BatchSizes = [1, 8, 32],
        TimedPhotos = 100,
        TrainingBatch = 128,
        TrainingSteps = 5,
    };

    /// <summary>How often each way is measured.</summary>
    public required int Rounds { get; init; }

    /// <summary>How long a way whose work can be cut as one likes is measured in a round.</summary>
    public required TimeSpan RunTime { get; init; }

    /// <summary>Images in a batch, where pixels are ready.</summary>
    public required IReadOnlyList<int> BatchSizes { get; init; }

    /// <summary>Photos that every way takes to features in a round.</summary>
    public required int TimedPhotos { get; init; }

    /// <summary>Samples in a training step.</summary>
    public required int TrainingBatch { get; init; }

    /// <summary>Training steps in a round.</summary>
    public required int TrainingSteps { get; init; }

    /// <summary>Whether what takes long and tells little is left out.</summary>
    public bool IsQuick { get; init; }
}
