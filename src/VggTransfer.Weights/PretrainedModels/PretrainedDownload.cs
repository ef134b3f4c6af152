using System.Net;
using System.Net.Http.Headers;

namespace VggTransfer.PretrainedModels;

/// <summary>
/// Fetches one file: goes on where an earlier attempt stopped, tries again with growing pauses, and gives the file its name
/// only when it is whole and the one that was published. Whoever calls it holds the file's lock.
/// </summary>
internal sealed class PretrainedDownload(PretrainedEntry entry, Uri address, string destination, PretrainedOptions options, ProgressMeter progress)
{
    private const int BufferSize = 1 << 17;

    // An attempt that brought this much got somewhere: the count of failures starts anew.
    private const long SomeProgress = 1 << 16;

    // Twice the largest published file is enough for one whose length nobody said.
    private const long LargestFile = 4L << 30;

    // Nobody likes a disk that is full to the last byte.
    private const long SpareSpace = 64L << 20;

    private readonly PartialFile _part = new(destination);

    /// <returns>The hashes of the file, which now lies at its destination.</returns>
    /// <exception cref="PretrainedDownloadException">It couldn't be fetched, or isn't the published one.</exception>
    /// <exception cref="IOException">The disk is full, or the like.</exception>
    public async Task<FileHashes> RunAsync(CancellationToken cancellationToken)
    {
        using var connection = new DownloadConnection(options);
        int failures = 0;
        long furthest = _part.Length;
        bool startedAnew = false;
        while (true)
        {
            try
            {
                bool joined = await FetchAsync(connection, cancellationToken).ConfigureAwait(false);
                FileHashes hashes = await FileHashes.OfAsync(_part.Path, bytes => progress.Report(PretrainedStage.Verifying, bytes, entry.Bytes), cancellationToken).ConfigureAwait(false);
                if (hashes.Fault(entry) is not { } fault)
                {
                    _part.MoveTo(destination);
                    return hashes;
                }

                // Pieces of two versions of the file may have been joined; that deserves one download in one piece.
                _part.Delete();
                if (!joined || startedAnew)
                {
                    throw Give(new DownloadFailure(fault, passing: false));
                }

                startedAnew = true;
            }
            catch (DownloadFailure failure)
            {
                if (_part.Length >= furthest + SomeProgress)
                {
                    furthest = _part.Length;
                    failures = 0;
                }

                failures++;
                if (!failure.Passing || failures > options.Retries)
                {
                    if (_part.Length == 0)
                    {
                        _part.Delete();
                    }

                    throw Give(failure);
                }

                progress.Report(new PretrainedProgress(entry.Name, PretrainedStage.Retrying, _part.Length, entry.Bytes, Message: $"{char.ToUpperInvariant(failure.Message[0])}{failure.Message[1..]}."));
                await Task.Delay(failure.RetryAfter ?? Pause(failures), options.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private PretrainedDownloadException Give(DownloadFailure failure) => new(entry, address, destination, failure.Message, failure.InnerException);

    private TimeSpan Pause(int failures)
    {
        double longest = Math.Min(options.LongestPause.TotalSeconds, options.FirstPause.TotalSeconds * Math.Pow(2, failures - 1));

        // Many machines that failed at the same moment mustn't come back at the same moment.
        return TimeSpan.FromSeconds(longest * (1 - (Random.Shared.NextDouble() / 2)));
    }

    /// <summary>One attempt; afterwards the partial file is as long as it should be.</summary>
    /// <returns>Whether the file was joined from several attempts.</returns>
    private async Task<bool> FetchAsync(DownloadConnection connection, CancellationToken cancellationToken)
    {
        PartialFileOrigin? origin = _part.Origin;
        long from = ReusableLength(origin);
        if (from > 0 && from == (entry.Bytes ?? origin?.TotalBytes))
        {
            return true;
        }

        using HttpResponseMessage response = await connection.GetAsync(address, from, origin?.Address == address ? origin : null, cancellationToken).ConfigureAwait(false);
        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            throw new DownloadFailure($"the server sends the file as {string.Join(", ", response.Content.Headers.ContentEncoding)}, which wasn't asked for", passing: false);
        }

        bool goesOn = from > 0 && response.StatusCode == HttpStatusCode.PartialContent;
        long? total = goesOn ? CheckedTotal(response.Content.Headers.ContentRange, from, origin) : WholeLength(response);
        if (entry.Bytes is { } published && total is { } said && said != published)
        {
            _part.Delete();
            throw new DownloadFailure($"the server has {said:N0} bytes, and {published:N0} were published, so it is another file or a page of some gateway", passing: false);
        }

        total ??= entry.Bytes;
        if (!goesOn)
        {
            // A server that ignores Range, or whose file has changed, sends all of it.
            from = 0;
            _part.Restart(OriginOf(response, total));
        }

        CheckSpace(total ?? 0, from);
        await CopyAsync(response, from, total, cancellationToken).ConfigureAwait(false);
        return goesOn;
    }

    /// <summary>How many of the bytes at hand can be gone on from; deletes them if none can.</summary>
    private long ReusableLength(PartialFileOrigin? origin)
    {
        long length = _part.Length;
        bool recognisable = origin?.Address == address && (origin.EntityTag is not null || origin.LastModified is not null);

        // With a published checksum, joining pieces of unknown origin is worth trying: a wrong whole is found out.
        if (length > 0 && (recognisable || entry.HasChecksum) && length <= (entry.Bytes ?? origin?.TotalBytes ?? LargestFile))
        {
            return length;
        }

        _part.Delete();
        return 0;
    }

    private long? CheckedTotal(ContentRangeHeaderValue? range, long from, PartialFileOrigin? origin)
    {
        long? total = range?.Length ?? origin?.TotalBytes;
        if (range is { Unit: "bytes", From: { } first, To: { } last } && first == from && (total is null || last == total - 1) && (origin?.TotalBytes is not { } known || known == total))
        {
            return total ?? last + 1;
        }

        _part.Delete();
        throw new DownloadFailure($"the server answers a request for the bytes from {from:N0} on with '{range}'", passing: true);
    }

    private long? WholeLength(HttpResponseMessage response)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            return response.Content.Headers.ContentLength;
        }

        // 416: what is at hand is no beginning of the server's file. 206: nobody asked for a part.
        _part.Delete();
        throw new DownloadFailure($"the server answers {(int)response.StatusCode} {response.ReasonPhrase}, which doesn't fit what was asked for", passing: true);
    }

    private PartialFileOrigin OriginOf(HttpResponseMessage response, long? total) => new()
    {
        Address = address,

        // A weak tag doesn't promise the same bytes (RFC 9110, 8.8.1).
        EntityTag = response.Headers.ETag is { IsWeak: false } tag ? tag.ToString() : null,
        LastModified = response.Content.Headers.LastModified,
        TotalBytes = total,
    };

    private void CheckSpace(long total, long from)
    {
        // The rest of the file, and the converted one beside it.
        long needed = total - from + total + SpareSpace;
        string folder = Path.GetDirectoryName(destination)!;
        if (options.FreeSpace(folder) is { } free && free < needed)
        {
            throw new DownloadFailure($"{needed:N0} bytes are needed in '{folder}', and {free:N0} are free; make room, or set {PretrainedOptions.CacheVariable} to a folder on another disk", passing: false);
        }
    }

    private async Task CopyAsync(HttpResponseMessage response, long from, long? total, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferSize];
        long length = from;
        progress.StartDownload(from);
        using FileStream file = _part.Append();
        using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        for (int read; (read = await ReadAsync(body, buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            length += read;
            if (length > (total ?? LargestFile))
            {
                file.SetLength(from);
                throw new DownloadFailure($"the server sends more than the {total ?? LargestFile:N0} bytes that it may", passing: false);
            }

            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            progress.Report(PretrainedStage.Downloading, length, total);
        }

        file.Flush(flushToDisk: true);
        if (total is { } whole && length < whole)
        {
            throw new DownloadFailure($"the connection ended after {length:N0} of {whole:N0} bytes", passing: true);
        }

        progress.Finish(PretrainedStage.Downloading, length, total ?? length);
    }

    private async Task<int> ReadAsync(Stream body, byte[] buffer, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Patience);
        try
        {
            return await body.ReadAsync(buffer, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DownloadFailure($"nothing came for {options.Patience.TotalSeconds:0.#} seconds", passing: true, exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw DownloadConnection.FailureOf(exception);
        }
    }
}
