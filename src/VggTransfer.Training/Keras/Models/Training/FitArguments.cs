using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Models;

/// <summary>What <c>Fit</c> was asked for, whatever form the data had.</summary>
/// <param name="Data">What is trained on.</param>
/// <param name="IsRepeated">Whether the data come again for each epoch where all epochs read one stream; so arrays do.</param>
/// <param name="Origin">What the batches follow from, for checkpoints: another origin gives other batches.</param>
internal sealed record FitArguments(Dataset Data, bool IsRepeated, string Origin)
{
    public int Epochs { get; init; } = 1;

    public int InitialEpoch { get; init; }

    public int? StepsPerEpoch { get; init; }

    public Verbosity Verbose { get; init; }

    public IReadOnlyList<Callback>? Callbacks { get; init; }

    public Dataset? ValidationData { get; init; }

    public int? ValidationSteps { get; init; }

    public ValidationFrequency ValidationFreq { get; init; }

    public IReadOnlyDictionary<int, double>? ClassWeight { get; init; }

    /// <exception cref="ArgumentException">A number is out of its range, or classes are missing.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 1, "epochs");
        ArgumentOutOfRangeException.ThrowIfNegative(InitialEpoch, "initialEpoch");
        ArgumentOutOfRangeException.ThrowIfLessThan(StepsPerEpoch ?? 1, 1, "stepsPerEpoch");
        ArgumentOutOfRangeException.ThrowIfLessThan(ValidationSteps ?? 1, 1, "validationSteps");
        if (ClassWeight is { Count: > 0 } && !ClassWeight.Keys.Order().SequenceEqual(Enumerable.Range(0, ClassWeight.Count)))
        {
            throw new ArgumentException($"Class weights must be given for the classes 0, 1, ... without a gap, and they are given for {string.Join(", ", ClassWeight.Keys.Order())}.", "classWeight");
        }
    }
}
