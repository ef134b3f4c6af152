using System.ComponentModel.DataAnnotations;
using VggTransfer.Features;

namespace VggTransfer.Serving;

/// <summary>What happens to a call that finds the queue full.</summary>
public enum QueueFullBehavior
{
    /// <summary>It waits until there is room, as long as its time-out and its token allow.</summary>
    Wait,

    /// <summary>It fails at once with <see cref="ClassifierOverloadedException"/>, so that a server can say so.</summary>
    Reject,
}

/// <summary>
/// How calls from many threads share runs of the network. A call that is alone never waits for others: it waits only while
/// others are being decoded that could join it, and no longer than <see cref="MaxDelay"/>.
/// </summary>
public sealed record MicroBatchingOptions
{
    /// <summary>Images in one run of the network at the most, 2 to 256. Default: 8.</summary>
    [Range(2, FeatureSettings.MaxBatchSize)]
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>How long a decoded image waits for others, 0 to 1 second. Default: 5 ms.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Calls under way at the most, from their beginning to their result, 1 to 1,000,000. Default: 256.</summary>
    [Range(1, 1_000_000)]
    public int QueueCapacity { get; init; } = 256;

    /// <summary>What happens to a call beyond <see cref="QueueCapacity"/>. Default: <see cref="QueueFullBehavior.Wait"/>.</summary>
    public QueueFullBehavior WhenFull { get; init; } = QueueFullBehavior.Wait;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        OptionRange.Check(this);
        OptionRange.Require(MaxDelay >= TimeSpan.Zero && MaxDelay <= TimeSpan.FromSeconds(1), nameof(MaxDelay), MaxDelay, "0 to 1 second");
    }
}
