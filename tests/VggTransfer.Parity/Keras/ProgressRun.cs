using System.Globalization;
using System.Text.RegularExpressions;
using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Parity.Keras;

/// <summary>What a run of <c>progress.json</c> does, from its name and its description, such as <c>20 samples, batch 4, epochs 2, verbose 1</c>.</summary>
internal sealed partial record ProgressRun
{
    public required string Name { get; init; }

    public required Verbosity Verbose { get; init; }

    /// <summary>Null where it isn't told.</summary>
    public int? Samples { get; init; }

    /// <summary>Null where it isn't told.</summary>
    public int? BatchSize { get; init; }

    public int ValidationSamples { get; init; }

    public int ValidationFrequency { get; init; }

    /// <summary>New ones each time, since callbacks keep what they saw.</summary>
    public IReadOnlyList<Callback> Callbacks => CreateCallbacks();

    private string Description { get; init; } = "";

    /// <param name="name">The run's name.</param>
    /// <param name="whole">The description that the run's own goes on from, or its own.</param>
    /// <param name="description">The run's description.</param>
    public static ProgressRun Parse(string name, string whole, string description) => new()
    {
        Name = name,
        Description = description,
        Verbose = (Verbosity)(Find(VerboseLevel(), name, description, whole) ?? 1),
        Samples = Find(SampleCount(), description, whole),
        BatchSize = Find(Batch(), description, whole),
        ValidationSamples = Find(ValidationCount(), description, whole) ?? 6,
        ValidationFrequency = Find(Frequency(), name, description) ?? 1,
    };

    private IReadOnlyList<Callback> CreateCallbacks()
    {
        if (Schedule().Match(Description) is { Success: true } schedule)
        {
            // "LearningRateScheduler 0.1, 0.01" tells the rate of each epoch; the last one stays.
            string[] rates = schedule.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries);
            return [rates.All(rate => double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
                ? new LearningRateScheduler(epoch => double.Parse(rates[Math.Min(epoch, rates.Length - 1)], CultureInfo.InvariantCulture))
                : GoldenCallbacks.Scheduler(schedule.Groups[1].Value, verbose: 0)];
        }

        return GoldenCallbacks.List(Description, "");
    }

    private static int? Find(Regex number, params string[] texts) =>
        texts.Select(text => number.Match(text)).FirstOrDefault(match => match.Success) is { } found ? int.Parse(found.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex("verbose ?([0-2])(?![^(]*\\))")]
    private static partial Regex VerboseLevel();

    [GeneratedRegex("([0-9]+) samples")]
    private static partial Regex SampleCount();

    [GeneratedRegex("batch ([0-9]+)")]
    private static partial Regex Batch();

    [GeneratedRegex("validation_data of ([0-9]+)")]
    private static partial Regex ValidationCount();

    [GeneratedRegex("freq ?([0-9]+)")]
    private static partial Regex Frequency();

    [GeneratedRegex(@"LearningRateScheduler ([^(].*)$")]
    private static partial Regex Schedule();
}
