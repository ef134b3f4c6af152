using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace VggTransfer.Tests.PretrainedModels;

/// <summary>
/// An HTTP server on 127.0.0.1 that a test scripts down to the byte, so that it can lie and drop connections as real ones
/// do. One request a connection.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<Request, int, Task> _answer;
    private readonly ConcurrentQueue<Task> _running = new();
    private readonly Task _accepting;

    /// <param name="answer">Answers a request; is told its number, from 0 on.</param>
    public ScriptedServer(Func<Request, int, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public ConcurrentQueue<Request> Requests { get; } = new();

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Address(string path) => new($"http://127.0.0.1:{Port}/{path}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_running);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            for (int number = 0; ; number++)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _running.Enqueue(ServeAsync(client, number));
            }
        }
        // InvalidOperationException: stopped between two connections.
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            Assert.True(_stop.IsCancellationRequested);
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using (client)
        {
            try
            {
                Request? request = await Request.ReadAsync(client, _stop.Token);
                if (request is not null)
                {
                    Requests.Enqueue(request);
                    await _answer(request, number);
                }
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // The client hung up, or the test is over: both belong to what is tested.
                client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
            }
        }
    }

    internal sealed class Request
    {
        private readonly TcpClient _client;
        private readonly NetworkStream _stream;

        private Request(TcpClient client, string[] lines, CancellationToken stop)
        {
            _client = client;
            _stream = client.GetStream();
            Stop = stop;
            Line = lines[0];
            foreach (string line in lines.Skip(1))
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                Headers[line[..colon]] = line[(colon + 1)..].Trim();
            }
        }

        public string Line { get; }

        public string Target => Line.Split(' ')[1];

        public Dictionary<string, string> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

        /// <summary>When the test is over.</summary>
        public CancellationToken Stop { get; }

        /// <summary>The first byte asked for; null without Range.</summary>
        public int? From => Headers.TryGetValue("Range", out string? range) ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : null;

        public static async Task<Request?> ReadAsync(TcpClient client, CancellationToken stop)
        {
            var head = new StringBuilder();
            byte[] one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await client.GetStream().ReadAsync(one, stop) == 0)
                {
                    return null;
                }

                head.Append((char)one[0]);
            }

            return new Request(client, head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries), stop);
        }

        public async Task SendHeadAsync(string status, params string[] headers) =>
            await _stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n"), Stop);

        public async Task SendAsync(ReadOnlyMemory<byte> body) => await _stream.WriteAsync(body, Stop);

        public Task AnswerAsync(string status, params string[] headers) => SendHeadAsync(status, [.. headers, "Content-Length: 0"]);

        /// <summary>The file as a good server sends it, ranges included; all of it or only its first bytes.</summary>
        public async Task SendFileAsync(byte[] file, string? tag = "\"v1\"", int? bytes = null)
        {
            int from = From ?? 0;
            bool same = !Headers.TryGetValue("If-Range", out string? condition) || condition == tag;
            string[] validator = tag is null ? [] : [$"ETag: {tag}"];
            if (From is null || !same)
            {
                from = 0;
                await SendHeadAsync("200 OK", [.. validator, $"Content-Length: {file.Length}"]);
            }
            else
            {
                await SendHeadAsync("206 Partial Content", [.. validator, $"Content-Length: {file.Length - from}", $"Content-Range: bytes {from}-{file.Length - 1}/{file.Length}"]);
            }

            await SendAsync(file.AsMemory(from, Math.Min(bytes ?? int.MaxValue, file.Length - from)));
        }

        /// <summary>Ends the connection with a reset instead of an orderly close.</summary>
        public void Drop() => _client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
    }
}
