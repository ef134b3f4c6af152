namespace VggTransfer.Serving;

/// <summary>
/// A call was refused because as many as <see cref="MicroBatchingOptions.QueueCapacity"/> allows were under way. The same
/// call may succeed a moment later; a web server answers 503 or 429.
/// </summary>
public sealed class ClassifierOverloadedException : InvalidOperationException
{
    internal ClassifierOverloadedException(int capacity)
        : base($"{capacity} classifications are under way, as many as QueueCapacity allows; try again a moment later.") => Capacity = capacity;

    /// <summary>How many calls were under way.</summary>
    public int Capacity { get; }
}
