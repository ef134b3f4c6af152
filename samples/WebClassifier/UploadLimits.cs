using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

/// <summary>
/// How many requests, and how many bytes of them, may be under way at once. What is over it is refused at once, before it is
/// read, so that a full service stays quick and its memory is bounded.
/// </summary>
internal static class UploadLimits
{
    /// <summary>Bytes are counted in thousands.</summary>
    private const int Unit = 1000;

    /// <summary>Bounds the number of requests.</summary>
    public static void Use(RateLimiterOptions limiter, UploadOptions uploads)
    {
        limiter.RejectionStatusCode = StatusCodes.Status503ServiceUnavailable;
        limiter.OnRejected = (context, _) => RefuseAsync(context.HttpContext);
        limiter.GlobalLimiter = PerClientAndInAll(uploads.MaxRequestsPerClient, uploads.MaxRequests);
    }

    /// <summary>Bounds the bytes of requests, by the length that they state.</summary>
    public static void UseUploadBudget(this WebApplication app, UploadOptions uploads)
    {
        PartitionedRateLimiter<HttpContext> budget = PerClientAndInAll(
            Units(Math.Max(uploads.MaxBytesPerClient, uploads.MaxRequestBytes)), Units(Math.Max(uploads.MaxBytes, uploads.MaxRequestBytes)));
        app.Lifetime.ApplicationStopped.Register(budget.Dispose);
        app.Use(async (context, next) =>
        {
            // Who states no length may send as much as is allowed; who states more is refused when it is read.
            int most = context.Request.HasFormContentType ? uploads.MaxRequestBytes : uploads.MaxImageBytes;
            using RateLimitLease lease = budget.AttemptAcquire(context, Units(Math.Min(context.Request.ContentLength ?? most, most)));
            if (lease.IsAcquired)
            {
                await next(context);
            }
            else
            {
                await RefuseAsync(context);
            }
        });
    }

    private static int Units(long bytes) => (int)((bytes + Unit - 1) / Unit);

    private static PartitionedRateLimiter<HttpContext> PerClientAndInAll(int perClient, int inAll) => PartitionedRateLimiter.CreateChained(
        Uploads(perClient, context => context.Connection.RemoteIpAddress?.ToString() ?? ""),
        Uploads(inAll, _ => ""));

    /// <summary>Pages, health and the like are never refused.</summary>
    private static PartitionedRateLimiter<HttpContext> Uploads(int most, Func<HttpContext, string> client) =>
        PartitionedRateLimiter.Create<HttpContext, string>(context => HttpMethods.IsPost(context.Request.Method)
            ? RateLimitPartition.GetConcurrencyLimiter(client(context), _ => new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = 0 })
            : RateLimitPartition.GetNoLimiter(""));

    private static async ValueTask RefuseAsync(HttpContext context)
    {
        context.Response.Headers.RetryAfter = "1";
        await TypedResults.Problem("The service is busy. Try again in a second.", statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
    }
}
