using System.Threading.RateLimiting;

namespace VggTransfer.Serving;

/// <summary>
/// Places for so many callers at once. Who has waited longest gets the next one, whether it blocks a thread or not:
/// <see cref="SemaphoreSlim"/> promises no order, and under load some callers waited six times as long as others.
/// </summary>
internal static class FairPlaces
{
    public static ConcurrencyLimiter Create(int places) => new(new ConcurrencyLimiterOptions
    {
        PermitLimit = places,
        QueueLimit = int.MaxValue,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    /// <summary>Takes a place, blocking until there is one; dispose it to give it back. It waits for the task itself, which needs no thread of the pool.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; no place was taken.</exception>
    public static RateLimitLease Acquire(this ConcurrencyLimiter places, CancellationToken cancellationToken) =>
        places.AcquireAsync(1, cancellationToken).AsTask().GetAwaiter().GetResult();
}
