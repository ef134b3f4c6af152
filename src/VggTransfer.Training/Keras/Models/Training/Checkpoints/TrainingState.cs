namespace VggTransfer.Keras.Models;

/// <summary>What a checkpoint holds beside arrays.</summary>
internal sealed record TrainingState
{
    public const int CurrentVersion = 1;

    public required int Version { get; init; }

    /// <summary>What must be the same for the training to go on.</summary>
    public required TrainingIdentity Identity { get; init; }

    /// <summary>Where it was computed, in words: on another device, or with other threads, sums round differently.</summary>
    public required string Device { get; init; }

    public required TrainingPosition Position { get; init; }

    /// <summary>Steps of an epoch, where they are known.</summary>
    public int? Steps { get; init; }

    /// <summary>Steps of a validation, where they are known.</summary>
    public int? ValidationSteps { get; init; }

    /// <summary>Whether the validation data ended too early once.</summary>
    public bool ValidationRanDry { get; init; }

    public required long Iterations { get; init; }

    /// <summary>The rate, and the one before the epoch's beginning; null where a schedule gives it.</summary>
    public double? LearningRate { get; init; }

    /// <summary>The rate before callbacks were told of the epoch's beginning.</summary>
    public double? LearningRateBeforeEpoch { get; init; }

    /// <summary>The sums behind the epoch's running figures.</summary>
    public required double[] Figures { get; init; }

    /// <summary>The figures of the last finished epoch.</summary>
    public required NamedFigure[] LastLogs { get; init; }

    public required int[] HistoryEpochs { get; init; }

    public required NamedFigures[] History { get; init; }
}

/// <summary>What a training is, as far as a checkpoint can tell.</summary>
internal sealed record TrainingIdentity
{
    /// <summary>The layers' classes, in order.</summary>
    public required string[] Layers { get; init; }

    public required string Optimizer { get; init; }

    public required string Loss { get; init; }

    public required string[] Metrics { get; init; }

    public required string Precision { get; init; }

    public required int Seed { get; init; }

    /// <summary>What the batches follow from.</summary>
    public required string Data { get; init; }

    public int? StepsPerEpoch { get; init; }

    public required int InitialEpoch { get; init; }

    /// <summary>The first thing in which another training, the one of now, differs; null if there is none.</summary>
    public string? DifferenceFrom(TrainingIdentity other)
    {
        (string What, string Then, string Now)[] all =
        [
            ("the chain of layers", string.Join(", ", Layers), string.Join(", ", other.Layers)),
            ("the optimizer", Optimizer, other.Optimizer),
            ("the loss", Loss, other.Loss),
            ("the list of metrics", string.Join(", ", Metrics), string.Join(", ", other.Metrics)),
            ("the precision", Precision, other.Precision),
            ("the seed", $"{Seed}", $"{other.Seed}"),
            ("what it is trained on", Data, other.Data),
            ("stepsPerEpoch", $"{StepsPerEpoch}", $"{other.StepsPerEpoch}"),
            ("initialEpoch", $"{InitialEpoch}", $"{other.InitialEpoch}"),
        ];
        return all.Where(item => item.Then != item.Now)
            .Select(item => $"{item.What} was {Name(item.Then)}, and is {Name(item.Now)} now")
            .FirstOrDefault();
    }

    private static string Name(string value) => value.Length == 0 ? "not given" : $"'{value}'";
}

internal sealed record NamedFigure(string Name, double Value);

internal sealed record NamedFigures(string Name, double[] Values);
