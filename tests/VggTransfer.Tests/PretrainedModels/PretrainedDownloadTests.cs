using System.Net;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Tests.PretrainedModels;

/// <summary>
/// Fetching from a server on 127.0.0.1 that misbehaves. The oracle is the file that the server has: whatever happens, the
/// cache holds that file under its name or nothing.
/// </summary>
public sealed class PretrainedDownloadTests : IDisposable
{
    private readonly PublishedFile _file = new();
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _file.Dispose();

    [Fact]
    public async Task File_is_fetched_converted_and_from_then_on_used_without_the_network()
    {
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(_file.Content));
        PretrainedOptions options = _file.Options(server.Address("tiny"));
        Assert.Null(Pretrained.PathOf(PublishedFile.Name, options));
        var stages = new RecordedProgress();

        string path = await Pretrained.GetAsync(PublishedFile.Name, options, stages, _cancellation);

        _file.AssertReady(path);
        Assert.Equal([PretrainedStage.Downloading, PretrainedStage.Verifying, PretrainedStage.Converting, PretrainedStage.Verifying, PretrainedStage.Ready], stages.Stages);
        Assert.Contains(stages.Reports, report => report.Stage == PretrainedStage.Downloading && report.Bytes == _file.Content.Length && report.TotalBytes == _file.Content.Length);
        Assert.Equal(path, Pretrained.PathOf(PublishedFile.Name, options));
        Assert.Equal(path, await Pretrained.GetAsync(PublishedFile.Name, options with { Offline = true }, cancellationToken: _cancellation));
        PretrainedStatus status = Assert.Single(Pretrained.List(options));
        Assert.Equal((path, _file.SourcePath), (status.ReadyPath, status.SourcePath));
        ScriptedServer.Request only = Assert.Single(server.Requests);
        Assert.Equal("GET /tiny HTTP/1.1", only.Line);
        Assert.StartsWith("VggTransfer/", only.Headers["User-Agent"], StringComparison.Ordinal);
        Assert.Equal("identity", only.Headers["Accept-Encoding"]);
    }

    [Fact]
    public async Task Dropped_connection_is_resumed_where_it_broke()
    {
        int third = _file.Content.Length / 3;
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(_file.Content, bytes: third));
        var progress = new RecordedProgress();

        string path = await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), progress, _cancellation);

        _file.AssertReady(path);
        Assert.Equal([null, third, 2 * third, .. _file.Content.Length % 3 > 0 ? new int?[] { 3 * third } : []], server.Requests.Select(request => request.From));
        Assert.All(server.Requests.Skip(1), request => Assert.Equal("\"v1\"", request.Headers["If-Range"]));
        Assert.Contains(progress.Reports, report => report.Stage == PretrainedStage.Retrying && report.Bytes == third && report.Message!.EndsWith('.'));
    }

    [Fact]
    public async Task Server_that_resets_connections_is_asked_again()
    {
        await using var server = new ScriptedServer(async (request, number) =>
        {
            if (number < 3)
            {
                request.Drop();
            }
            else
            {
                await request.SendFileAsync(_file.Content);
            }
        });

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
    }

    [Fact]
    public async Task Server_that_ignores_Range_sends_the_file_anew()
    {
        await using var server = new ScriptedServer(async (request, number) =>
        {
            await request.SendHeadAsync("200 OK", $"Content-Length: {_file.Content.Length}", "ETag: \"v1\"");
            await request.SendAsync(number == 0 ? _file.Content.AsMemory(0, 1000) : _file.Content);
        });

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
        Assert.Equal([null, 1000], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task File_that_changes_between_two_attempts_is_fetched_anew()
    {
        byte[] old = [.. _file.Content.Select(value => (byte)~value)];
        await using var server = new ScriptedServer((request, number) => number == 0 ? request.SendFileAsync(old, "\"v0\"", 1000) : request.SendFileAsync(_file.Content));

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
        Assert.Equal([null, 1000], server.Requests.Select(request => request.From));
    }

    [Theory]
    [InlineData("bytes 0-{1}/{2}")]
    [InlineData("bytes 999-{1}/{2}")]
    [InlineData("bytes {0}-{1}/7")]
    [InlineData("bytes {0}-{0}/{2}")]
    [InlineData("octets {0}-{1}/{2}")]
    [InlineData("nonsense")]
    public async Task Answer_with_another_range_isnt_joined(string range)
    {
        int length = _file.Content.Length;
        await using var server = new ScriptedServer(async (request, number) =>
        {
            if (number == 1)
            {
                await request.SendHeadAsync("206 Partial Content", $"Content-Range: {string.Format(System.Globalization.CultureInfo.InvariantCulture, range, 1000, length - 1, length)}", $"Content-Length: {length - 1000}");
                await request.SendAsync(new byte[length - 1000]);
            }
            else
            {
                await request.SendFileAsync(_file.Content, bytes: number == 0 ? 1000 : null);
            }
        });

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
        Assert.Equal([null, 1000, null], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task Range_that_cant_be_satisfied_leads_to_the_whole_file()
    {
        await using var server = new ScriptedServer((request, number) => number switch
        {
            0 => request.SendFileAsync(_file.Content, bytes: 1000),
            1 => request.AnswerAsync("416 Range Not Satisfiable", "Content-Range: bytes */10"),
            _ => request.SendFileAsync(_file.Content),
        });

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
    }

    [Fact]
    public async Task Later_process_goes_on_with_the_partial_file()
    {
        await using var server = new ScriptedServer((request, number) => request.SendFileAsync(_file.Content, bytes: number == 0 ? 5000 : null));
        PretrainedOptions options = _file.Options(server.Address("tiny"));
        await Assert.ThrowsAsync<PretrainedDownloadException>(() => Pretrained.GetAsync(PublishedFile.Name, options with { Retries = 0 }, cancellationToken: _cancellation));
        Assert.Equal(["tiny.safetensors.part", "tiny.safetensors.part.json"], _file.Left);

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation));
        Assert.Equal([null, 5000], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task Partial_file_of_other_bytes_is_found_out_and_fetched_anew()
    {
        Directory.CreateDirectory(_file.Cache);
        File.WriteAllBytes(_file.SourcePath + ".part", new byte[2000]);
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(_file.Content));

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
        Assert.Equal([2000, null], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task Without_checksum_and_validator_nothing_is_joined()
    {
        await using var server = new ScriptedServer((request, number) => request.SendFileAsync(_file.Content, tag: null, bytes: number == 0 ? 1000 : null));
        PretrainedEntry entry = _file.Entry(server.Address("tiny")) with { Sha256 = null };

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(entry), cancellationToken: _cancellation));
        Assert.Equal([null, null], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task Wrong_length_is_refused_before_anything_is_fetched()
    {
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(_file.Content[..^1]));

        PretrainedDownloadException exception = await AssertRefusedAsync(server);

        Assert.Equal($"the server has {_file.Content.Length - 1:N0} bytes, and {_file.Content.Length:N0} were published, so it is another file or a page of some gateway", exception.Reason);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Endless_body_without_a_length_is_cut_off()
    {
        await using var server = new ScriptedServer(async (request, _) =>
        {
            await request.SendHeadAsync("200 OK");
            await request.SendAsync(_file.Content);
            await request.SendAsync(new byte[1 << 20]);
        });

        PretrainedDownloadException exception = await AssertRefusedAsync(server);

        Assert.StartsWith("the server sends more than the", exception.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_that_ends_early_without_a_length_is_resumed()
    {
        await using var server = new ScriptedServer(async (request, number) =>
        {
            if (number > 0)
            {
                await request.SendFileAsync(_file.Content);
                return;
            }

            await request.SendHeadAsync("200 OK", "ETag: \"v1\"");
            await request.SendAsync(_file.Content.AsMemory(0, 1000));
        });

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
        Assert.Equal([null, 1000], server.Requests.Select(request => request.From));
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("prefix")]
    [InlineData("md5")]
    public async Task Wrong_bytes_are_refused_by_each_kind_of_checksum(string kind)
    {
        byte[] wrong = [.. _file.Content];
        wrong[^1] ^= 1;
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(wrong));
        PretrainedEntry entry = _file.Entry(server.Address("tiny"));
        entry = entry with
        {
            Sha256 = kind == "sha256" ? entry.Sha256 : null,
            Sha256Prefix = kind == "prefix" ? entry.Sha256![..8] : null,
            Md5 = kind == "md5" ? (await PublishedHashesAsync()).Md5 : null,
        };

        var exception = await Assert.ThrowsAsync<PretrainedDownloadException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(entry), cancellationToken: _cancellation));

        Assert.EndsWith("was published, so it is damaged or another file", exception.Reason, StringComparison.Ordinal);
        Assert.Contains($"put it at '{_file.SourcePath}'", exception.Message, StringComparison.Ordinal);
        Assert.Empty(_file.Left);
    }

    [Theory]
    [InlineData("503 Service Unavailable", "Retry-After: 0")]
    [InlineData("429 Too Many Requests", "Retry-After: 0")]
    [InlineData("429 Too Many Requests", "Retry-After: Tue, 01 Jan 2019 00:00:00 GMT")]
    [InlineData("500 Internal Server Error", "X-Nothing: 1")]
    [InlineData("502 Bad Gateway", "X-Nothing: 1")]
    [InlineData("408 Request Timeout", "X-Nothing: 1")]
    public async Task Passing_failure_is_followed_by_another_attempt(string status, string header)
    {
        await using var server = new ScriptedServer((request, number) => number == 0 ? request.AnswerAsync(status, header) : request.SendFileAsync(_file.Content));

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Attempts_are_counted()
    {
        await using var server = new ScriptedServer((request, _) => request.AnswerAsync("503 Service Unavailable"));

        var exception = await Assert.ThrowsAsync<PretrainedDownloadException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")) with { Retries = 2 }, cancellationToken: _cancellation));

        Assert.Equal("the server answers 503 Service Unavailable", exception.Reason);
        Assert.Equal(3, server.Requests.Count);
        Assert.Empty(_file.Left);
    }

    [Theory]
    [InlineData("404 Not Found", "X-Nothing: 1", "the server answers 404 Not Found")]
    [InlineData("403 Forbidden", "X-Nothing: 1", "the server answers 403 Forbidden")]
    [InlineData("204 No Content", "X-Nothing: 1", "the server answers 204 No Content")]
    [InlineData("503 Service Unavailable", "Retry-After: 7200", "the server answers 503 Service Unavailable and asks to come back in 120 minutes")]
    [InlineData("302 Found", "X-Nothing: 1", "it redirects without saying where to")]
    [InlineData("302 Found", "Location: http://weights.example/x", "it redirects, and 'http://weights.example/x' isn't protected against tampering on the way; https is needed, and http is only used on this machine")]
    [InlineData("302 Found", "Location: ftp://127.0.0.1/x", "it redirects, and 'ftp://127.0.0.1/x' isn't an https address")]
    [InlineData("302 Found", "Location: file:///etc/passwd", "it redirects, and 'file:///etc/passwd' isn't an https address")]
    public async Task Lasting_failure_isnt_tried_again(string status, string header, string reason)
    {
        await using var server = new ScriptedServer((request, _) => request.AnswerAsync(status, header));

        PretrainedDownloadException exception = await AssertRefusedAsync(server);

        Assert.Equal(reason, exception.Reason);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Compressed_answer_is_refused()
    {
        await using var server = new ScriptedServer(async (request, _) => await request.SendHeadAsync("200 OK", "Content-Encoding: gzip", "Content-Length: 3"));

        Assert.Equal("the server sends the file as gzip, which wasn't asked for", (await AssertRefusedAsync(server)).Reason);
    }

    [Fact]
    public async Task Redirects_are_followed_with_the_range()
    {
        await using var server = new ScriptedServer((request, _) => request.Target switch
        {
            "/a/tiny" => request.AnswerAsync("302 Found", "Location: ../b?x=1"),
            "/b?x=1" => request.AnswerAsync("307 Temporary Redirect", "Location: /c"),
            _ => request.SendFileAsync(_file.Content, bytes: request.From is null ? 1000 : null),
        });

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("a/tiny")), cancellationToken: _cancellation));
        Assert.Equal(["/a/tiny", "/b?x=1", "/c", "/a/tiny", "/b?x=1", "/c"], server.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task Redirect_loop_ends()
    {
        await using var server = new ScriptedServer((request, _) => request.AnswerAsync("302 Found", "Location: /tiny"));

        Assert.Equal("it redirects more than 10 times", (await AssertRefusedAsync(server)).Reason);
        Assert.Equal(11, server.Requests.Count);
    }

    [Fact]
    public async Task Cancellation_ends_a_slow_download_and_the_next_call_goes_on()
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
        await using var server = new ScriptedServer(async (request, number) =>
        {
            await request.SendFileAsync(_file.Content, bytes: number == 0 ? 3000 : null);
            if (number == 0)
            {
                await Task.Delay(Timeout.Infinite, request.Stop);
            }
        });
        PretrainedOptions options = _file.Options(server.Address("tiny"));
        var progress = new RecordedProgress(report =>
        {
            if (report.Stage == PretrainedStage.Downloading)
            {
                cancellation.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Pretrained.GetAsync(PublishedFile.Name, options, progress, cancellation.Token));

        Assert.Equal(["tiny.safetensors.part", "tiny.safetensors.part.json"], _file.Left);
        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation));
        Assert.InRange(server.Requests.Last().From!.Value, 1, 3000);
    }

    [Fact]
    public async Task Silent_connection_is_given_up_and_resumed()
    {
        await using var server = new ScriptedServer(async (request, number) =>
        {
            if (number == 1)
            {
                // Not even headers.
                await Task.Delay(Timeout.Infinite, request.Stop);
            }

            await request.SendFileAsync(_file.Content, bytes: number == 0 ? 3000 : null);
            if (number == 0)
            {
                await Task.Delay(Timeout.Infinite, request.Stop);
            }
        });
        var progress = new RecordedProgress();

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")) with { Patience = TimeSpan.FromSeconds(0.5), Retries = 50 }, progress, _cancellation));
        Assert.Contains(progress.Reports, report => report.Message == "Nothing came for 0.5 seconds.");
        Assert.Contains(progress.Reports, report => report.Message == "The server didn't answer within 0.5 seconds.");
    }

    [Fact]
    public async Task Two_pulls_at_once_fetch_once()
    {
        var begun = new TaskCompletionSource();
        var waiting = new TaskCompletionSource();
        await using var server = new ScriptedServer(async (request, _) =>
        {
            begun.SetResult();
            await waiting.Task;
            await request.SendFileAsync(_file.Content);
        });
        PretrainedOptions options = _file.Options(server.Address("tiny"));
        Task<string> first = Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation);
        await begun.Task;
        Task<string> second = Pretrained.GetAsync(PublishedFile.Name, options, new RecordedProgress(report => { if (report.Stage == PretrainedStage.Waiting) { waiting.SetResult(); } }), _cancellation);

        string path = await first;

        Assert.Equal(path, await second);
        _file.AssertReady(path);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Mirror_is_asked_for_the_files_name_below_its_address()
    {
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(_file.Content));
        PretrainedOptions options = _file.Options(new Uri("https://weights.example/elsewhere")) with { Mirror = server.Address("mirror/vgg") };

        _file.AssertReady(await Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation));
        Assert.Equal("/mirror/vgg/tiny.safetensors", Assert.Single(server.Requests).Target);
    }

    [Fact]
    public async Task Mirror_without_https_is_refused() =>
        Assert.StartsWith("The mirror 'http://mirror.example/' isn't protected", (await Assert.ThrowsAsync<ArgumentException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(new Uri("https://x.example/")) with { Mirror = new Uri("http://mirror.example/") }, cancellationToken: _cancellation))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Full_disk_is_noticed_before_the_bytes_come()
    {
        await using var server = new ScriptedServer((request, _) => request.SendFileAsync(_file.Content));

        var exception = await Assert.ThrowsAsync<PretrainedDownloadException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")) with { FreeSpace = _ => 1000 }, cancellationToken: _cancellation));

        Assert.Equal($"{2 * _file.Content.Length + (64 << 20):N0} bytes are needed in '{_file.Cache}', and 1,000 are free; make room, or set VGGTRANSFER_CACHE to a folder on another disk", exception.Reason);
        Assert.DoesNotContain("tiny.safetensors", _file.Left);
    }

    [Fact]
    public async Task Connection_leaves_through_the_proxy()
    {
        await using var proxy = new ScriptedServer((request, _) => request.AnswerAsync("403 Forbidden"));
        PretrainedOptions options = _file.Options(new Uri("https://weights.example/tiny")) with { Proxy = new WebProxy("127.0.0.1", proxy.Port) };

        var exception = await Assert.ThrowsAsync<PretrainedDownloadException>(() => Pretrained.GetAsync(PublishedFile.Name, options, cancellationToken: _cancellation));

        Assert.StartsWith("the proxy refuses to connect", exception.Reason, StringComparison.Ordinal);
        Assert.Equal("CONNECT weights.example:443 HTTP/1.1", Assert.Single(proxy.Requests).Line);
    }

    [Fact]
    public void Missing_network_isnt_tried_again_and_is_named()
    {
        DownloadFailure failure = DownloadConnection.FailureOf(new HttpRequestException(HttpRequestError.NameResolutionError, "No such host is known."));

        Assert.False(failure.Passing);
        Assert.Equal("there is no way to that server from here, perhaps no network at all (behind a proxy, set HTTPS_PROXY)", failure.Message);
    }

    private async Task<FileHashes> PublishedHashesAsync()
    {
        Directory.CreateDirectory(_file.Cache);
        File.WriteAllBytes(_file.SourcePath, _file.Content);
        FileHashes hashes = await FileHashes.OfAsync(_file.SourcePath, _ => { }, _cancellation);
        File.Delete(_file.SourcePath);
        return hashes;
    }

    private async Task<PretrainedDownloadException> AssertRefusedAsync(ScriptedServer server)
    {
        var exception = await Assert.ThrowsAsync<PretrainedDownloadException>(() => Pretrained.GetAsync(PublishedFile.Name, _file.Options(server.Address("tiny")), cancellationToken: _cancellation));
        Assert.Empty(_file.Left);
        Assert.Null(Pretrained.PathOf(PublishedFile.Name, _file.Options(server.Address("tiny"))));
        return exception;
    }
}
