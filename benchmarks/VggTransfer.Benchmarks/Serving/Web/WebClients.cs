using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace VggTransfer.Benchmarks.Serving.Web;

/// <summary>What came back.</summary>
/// <param name="Status">HTTP status; 0 where the connection broke.</param>
/// <param name="Body">The answer, or why there is none.</param>
/// <param name="IsProblem">Whether it is problem details.</param>
/// <param name="SaysWhen">Whether it says when to try again.</param>
/// <param name="Milliseconds">From the moment when it should have been sent to the end of the answer.</param>
internal sealed record WebAnswer(int Status, string Body, bool IsProblem, bool SaysWhen, double Milliseconds);

/// <summary>Clients with addresses of their own, since the service counts what each address has under way.</summary>
internal sealed class WebClients : IDisposable
{
    public const int Good = 6;

    /// <summary>On Linux all of 127.0.0.0/8 is this machine; elsewhere they share one address.</summary>
    private static readonly bool s_hasAddresses = OperatingSystem.IsLinux();

    private readonly Uri _service;
    private readonly HttpClient[] _clients;

    public WebClients(Uri service)
    {
        _service = service;
        _clients = [.. Enumerable.Range(0, Good + 2).Select(Client)];
    }

    /// <summary>Sends one request and reads its answer.</summary>
    /// <param name="number">Whose number decides the client.</param>
    /// <param name="upload">What to send.</param>
    /// <param name="due">When it should be sent, a time stamp of <see cref="Stopwatch"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<WebAnswer> SendAsync(int number, Upload upload, long due, CancellationToken cancellationToken)
    {
        // Bad ones come from an address of their own.
        HttpClient client = _clients[upload.Picture < 0 ? Good : number % Good];
        WebAnswer Answer(int status, string body, bool isProblem = false, bool saysWhen = false) =>
            new(status, body, isProblem, saysWhen, Stopwatch.GetElapsedTime(due).TotalMilliseconds);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "classify") { Content = upload.Content() };
            using HttpResponseMessage response = await client.SendAsync(request, cancellationToken);
            string body = await response.Content.ReadAsStringAsync(cancellationToken);
            return Answer((int)response.StatusCode, body, response.Content.Headers.ContentType?.MediaType == "application/problem+json", response.Headers.RetryAfter is not null);
        }
        catch (HttpRequestException e)
        {
            return Answer(0, e.GetBaseException().Message);
        }
        catch (IOException e)
        {
            return Answer(0, e.Message);
        }
    }

    /// <summary>Promises a picture, sends a byte a second, and returns after how many seconds the service had enough, or the token was cancelled.</summary>
    public async Task<double> SendSlowlyAsync(CancellationToken cancellationToken)
    {
        long begin = Stopwatch.GetTimestamp();
        try
        {
            using Socket socket = await ConnectAsync(Good + 1, cancellationToken);
            await socket.SendAsync("POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 100000\r\n\r\n"u8.ToArray(), cancellationToken);
            Task<int> answered = socket.ReceiveAsync(new byte[4096], SocketFlags.None, cancellationToken).AsTask();
            while (await Task.WhenAny(answered, Task.Delay(TimeSpan.FromSeconds(1), cancellationToken)) != answered && !cancellationToken.IsCancellationRequested)
            {
                await socket.SendAsync(new byte[1], cancellationToken);
            }

            await answered;
        }
        catch (SocketException)
        {
            // Disconnected while it sent.
        }
        catch (OperationCanceledException)
        {
            // The load is over.
        }

        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    public void Dispose() => Array.ForEach(_clients, client => client.Dispose());

    private HttpClient Client(int number) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) => new NetworkStream(await ConnectAsync(number, cancellationToken), ownsSocket: true),
        MaxConnectionsPerServer = 64,
    })
    { BaseAddress = _service, Timeout = TimeSpan.FromSeconds(60) };

    private async Task<Socket> ConnectAsync(int number, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (s_hasAddresses)
            {
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(number + 2)]), 0));
            }

            await socket.ConnectAsync(_service.Host, _service.Port, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
