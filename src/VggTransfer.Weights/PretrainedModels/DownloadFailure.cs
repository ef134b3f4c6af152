namespace VggTransfer.PretrainedModels;

/// <summary>Why one attempt failed, as the rest of a sentence; stays inside the download.</summary>
internal sealed class DownloadFailure : Exception
{
    public DownloadFailure(string reason, bool passing, Exception? innerException = null, TimeSpan? retryAfter = null)
        : base(reason, innerException)
    {
        Passing = passing;
        RetryAfter = retryAfter;
    }

    /// <summary>Whether another attempt may succeed.</summary>
    public bool Passing { get; }

    /// <summary>How long the server asked to wait; null if it didn't.</summary>
    public TimeSpan? RetryAfter { get; }
}
