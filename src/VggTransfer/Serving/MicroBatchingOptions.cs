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
    public int MaxBatchSize { get; init; } = 8;

    /// <summary>How long a decoded image waits for others, 0 to 1 second. Default: 5 ms.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Calls under way at the most, from their beginning to their result, 1 to 1,000,000. Default: 256.</summary>
    public int QueueCapacity { get; init; } = 256;

    /// <summary>What happens to a call beyond <see cref="QueueCapacity"/>. Default: <see cref="QueueFullBehavior.Wait"/>.</summary>
    public QueueFullBehavior WhenFull { get; init; } = QueueFullBehavior.Wait;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    internal void Validate()
    {
        if (MaxBatchSize is < 2 or > 256)
        {
            throw new ArgumentOutOfRangeException(nameof(MaxBatchSize), MaxBatchSize, $"MaxBatchSize is {MaxBatchSize}, and must be 2 to 256.");
        }

        if (MaxDelay < TimeSpan.Zero || MaxDelay > TimeSpan.FromSeconds(1))
        {
            throw new ArgumentOutOfRangeException(nameof(MaxDelay), MaxDelay, $"MaxDelay is {MaxDelay}, and must be 0 to 1 second.");
        }

        if (QueueCapacity is < 1 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(QueueCapacity), QueueCapacity, $"QueueCapacity is {QueueCapacity}, and must be 1 to 1,000,000.");
        }

        if (!Enum.IsDefined(WhenFull))
        {
            throw new ArgumentOutOfRangeException(nameof(WhenFull), WhenFull, $"WhenFull is {WhenFull}, and must be {nameof(QueueFullBehavior.Wait)} or {nameof(QueueFullBehavior.Reject)}.");
        }
    }
}
