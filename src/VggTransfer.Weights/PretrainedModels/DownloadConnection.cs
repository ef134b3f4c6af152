using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;

namespace VggTransfer.PretrainedModels;

/// <summary>
/// Requests for one address: follows redirects itself, so that none leads away from https, and sorts what goes wrong into
/// what may pass and what won't.
/// </summary>
internal sealed class DownloadConnection : IDisposable
{
    // As many as curl and browsers allow is 20 to 50; a file's host needs one or two.
    private const int MostRedirects = 10;

    // Whoever asks for more is not going to answer while somebody waits at a prompt.
    private static readonly TimeSpan s_longestRetryAfter = TimeSpan.FromMinutes(10);

    private readonly HttpClient _client;
    private readonly PretrainedOptions _options;

    public DownloadConnection(PretrainedOptions options)
    {
        _options = options;

        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            Proxy = new ProxyForOthers(options.Proxy),
            ConnectTimeout = options.Patience,
        };
        _client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("VggTransfer", typeof(DownloadConnection).Assembly.GetName().Version?.ToString(3)));
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>Asks for a file from a byte on; returns when the headers are there.</summary>
    /// <param name="address">Where.</param>
    /// <param name="from">The first byte wanted; 0 for the whole file.</param>
    /// <param name="origin">What the bytes before it come from; null to ask for the range whatever the file is now.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="DownloadFailure">There is no answer with content.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri address, long from, PartialFileOrigin? origin, CancellationToken cancellationToken)
    {
        Uri current = address;
        for (int redirects = 0; redirects <= MostRedirects; redirects++)
        {
            HttpResponseMessage response = await SendAsync(current, from, origin, cancellationToken).ConfigureAwait(false);
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                return response;
            }

            using (response)
            {
                current = RedirectOf(current, response) ?? throw FailureOf(response);
            }
        }

        throw new DownloadFailure($"it redirects more than {MostRedirects} times", passing: false);
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Sorts what a connection throws.</summary>
    internal static DownloadFailure FailureOf(Exception exception)
    {
        SocketError? socket = Causes(exception).OfType<SocketException>().FirstOrDefault()?.SocketErrorCode;
        bool noNetwork = exception is HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }
            || socket is SocketError.HostNotFound or SocketError.NoData or SocketError.NetworkDown or SocketError.NetworkUnreachable or SocketError.HostUnreachable;
        if (noNetwork)
        {
            return new DownloadFailure("there is no way to that server from here, perhaps no network at all (behind a proxy, set HTTPS_PROXY)", passing: false, exception);
        }

        if (Causes(exception).OfType<AuthenticationException>().FirstOrDefault() is { } untrusted)
        {
            return new DownloadFailure($"the server can't prove who it is ({Sentence(untrusted)})", passing: false, exception);
        }

        return exception is HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError }
            ? new DownloadFailure($"the proxy refuses to connect ({Sentence(exception)})", passing: false, exception)
            : new DownloadFailure($"the connection failed ({Sentence(Causes(exception).Last())})", passing: true, exception);
    }

    private async Task<HttpResponseMessage> SendAsync(Uri address, long from, PartialFileOrigin? origin, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (from > 0)
        {
            request.Headers.Range = new RangeHeaderValue(from, null);
            if (origin?.EntityTag is { } tag)
            {
                request.Headers.IfRange = new RangeConditionHeaderValue(EntityTagHeaderValue.Parse(tag));
            }
            else if (origin?.LastModified is { } modified)
            {
                request.Headers.IfRange = new RangeConditionHeaderValue(modified);
            }
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_options.Patience);
        try
        {
            return await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DownloadFailure($"the server didn't answer within {_options.Patience.TotalSeconds:0.#} seconds", passing: true, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw FailureOf(exception);
        }
    }

    private static Uri? RedirectOf(Uri current, HttpResponseMessage response)
    {
        if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
        {
            return null;
        }

        if (response.Headers.Location is not { } location || !Uri.TryCreate(current, location, out Uri? next))
        {
            throw new DownloadFailure("it redirects without saying where to", passing: false);
        }

        return DownloadAddress.RedirectFault(current, next) is { } fault
            ? throw new DownloadFailure($"it redirects, and {fault}", passing: false)
            : next;
    }

    private DownloadFailure FailureOf(HttpResponseMessage response)
    {
        int status = (int)response.StatusCode;
        string reason = $"the server answers {status} {response.ReasonPhrase}".TrimEnd();
        if (status is not (408 or 425 or 429 or >= 500) || status == 501)
        {
            return new DownloadFailure(reason, passing: false);
        }

        TimeSpan? wait = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _options.Time.GetUtcNow(),
            _ => null,
        };
        return wait > s_longestRetryAfter
            ? new DownloadFailure($"{reason} and asks to come back in {wait.Value.TotalMinutes:0} minutes", passing: false)
            : new DownloadFailure(reason, passing: true, retryAfter: wait < TimeSpan.Zero ? TimeSpan.Zero : wait);
    }

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }

    private static string Sentence(Exception exception) => exception.Message.ReplaceLineEndings(" ").TrimEnd('.');

    /// <summary>No proxy between this machine and itself.</summary>
    private sealed class ProxyForOthers(IWebProxy proxy) : IWebProxy
    {
        public ICredentials? Credentials
        {
            get => proxy.Credentials;
            set => proxy.Credentials = value;
        }

        public Uri? GetProxy(Uri destination) => proxy.GetProxy(destination);

        public bool IsBypassed(Uri host) => host.IsLoopback || proxy.IsBypassed(host);
    }
}
