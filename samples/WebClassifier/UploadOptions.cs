using System.ComponentModel.DataAnnotations;

/// <summary>What a client may send, and how much of it at once: the section Uploads of appsettings.json.</summary>
internal sealed class UploadOptions
{
    /// <summary>Bytes of one image.</summary>
    [Range(1, int.MaxValue)]
    public int MaxImageBytes { get; init; } = 20_000_000;

    /// <summary>Bytes of a request: its images, and the form around them.</summary>
    [Range(1, int.MaxValue)]
    public int MaxRequestBytes { get; init; } = 50_000_000;

    /// <summary>Images in one request.</summary>
    [Range(1, 1000)]
    public int MaxImages { get; init; } = 20;

    /// <summary>Requests under way at once, from all clients; more are refused with status 503.</summary>
    [Range(1, 10_000)]
    public int MaxRequests { get; init; } = 64;

    /// <summary>Requests under way at once from one address; more are refused with status 503.</summary>
    [Range(1, 10_000)]
    public int MaxRequestsPerClient { get; init; } = 16;

    /// <summary>Bytes of all requests under way at once, which bounds the memory they take; more are refused with status 503.</summary>
    [Range(1, int.MaxValue)]
    public int MaxBytes { get; init; } = 500_000_000;

    /// <summary>Bytes of the requests under way at once from one address, of one request at least; more are refused with status 503.</summary>
    [Range(1, int.MaxValue)]
    public int MaxBytesPerClient { get; init; } = 100_000_000;

    /// <summary>A client that sends more slowly than this for five seconds is disconnected.</summary>
    [Range(1, 1_000_000)]
    public int MinBytesPerSecond { get; init; } = 2000;

    /// <summary>Seconds that a request may take in all.</summary>
    [Range(1, 3600)]
    public int TimeoutSeconds { get; init; } = 30;
}
