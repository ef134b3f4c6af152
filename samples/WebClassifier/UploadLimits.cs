using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

/// <summary>How many requests may be under way at once. What is over it is refused at once, so that a full service stays quick.</summary>
internal static class UploadLimits
{
    public static void Use(RateLimiterOptions limiter, UploadOptions uploads)
    {
        limiter.RejectionStatusCode = StatusCodes.Status503ServiceUnavailable;
        limiter.OnRejected = (context, _) => RefuseAsync(context.HttpContext);
        limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
            Uploads(uploads.MaxRequestsPerClient, context => context.Connection.RemoteIpAddress?.ToString() ?? ""),
            Uploads(uploads.MaxRequests, _ => ""));
    }

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
