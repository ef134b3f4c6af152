using System.Diagnostics;

namespace VggTransfer.Benchmarks.Serving.Web;

/// <summary>Loads the service in two ways: clients that wait for their answers, and requests that come whether it keeps up or not.</summary>
internal sealed class WebLoad(WebClients clients, Uploads uploads, WebService service, TimeSpan length)
{
    /// <summary>Requests without an answer at the most: the driver is bounded, too.</summary>
    private const int MostUnderWay = 1000;

    private const int SlowSenders = 8;

    /// <summary>One of so many is bad.</summary>
    private const int BadOf = 5;

    /// <summary>After five seconds of grace a slow sender is disconnected; checked once a second.</summary>
    private const double SlowestSeconds = 15;

    private readonly Dictionary<int, string> _expected = [];
    private int _number;

    /// <summary>Sends every picture alone: these answers must come under load, too.</summary>
    /// <exception cref="InvalidOperationException">A picture wasn't classified.</exception>
    public async Task LearnAnswersAsync(CancellationToken cancellationToken)
    {
        for (int picture = 0; picture < uploads.Pictures; picture++)
        {
            for (int number = picture; number < picture + (uploads.Pictures * 2); number += uploads.Pictures)
            {
                WebAnswer answer = await clients.SendAsync(number, uploads.Good(number), Stopwatch.GetTimestamp(), cancellationToken);
                _expected[picture] = answer.Status == 200
                    ? answer.Body
                    : throw new InvalidOperationException($"Picture {picture} got status {answer.Status}: {answer.Body}");
            }
        }
    }

    /// <param name="name">What the table calls the phase.</param>
    /// <param name="waiting">Clients that send the next picture when they have the answer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<WebPhase> WithinCapacityAsync(string name, int waiting, CancellationToken cancellationToken)
    {
        var phase = new WebPhase(name);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, waiting).Select(async _ =>
        {
            while (clock.Elapsed < length)
            {
                await SendAsync(phase, uploads.Good(Next()), Stopwatch.GetTimestamp(), cancellationToken);
            }
        }));
        return Finish(phase, clock);
    }

    /// <param name="name">What the table calls the phase.</param>
    /// <param name="rate">Requests a second, evenly spread.</param>
    /// <param name="withBad">Whether one of five is bad, and slow senders hold connections.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<WebPhase> AtRateAsync(string name, double rate, bool withBad, CancellationToken cancellationToken)
    {
        var phase = new WebPhase(name);
        using var underWay = new SemaphoreSlim(MostUnderWay);
        var requests = new List<Task>();
        var clock = Stopwatch.StartNew();
        long begin = Stopwatch.GetTimestamp();
        using var stopSlow = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task slow = withBad ? Task.WhenAll(Enumerable.Range(0, SlowSenders).Select(_ => SendSlowlyAsync(phase, stopSlow.Token))) : Task.CompletedTask;
        for (int i = 0; i < rate * length.TotalSeconds; i++)
        {
            long due = begin + (long)(i / rate * Stopwatch.Frequency);
            TimeSpan early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early, cancellationToken);
            }

            await underWay.WaitAsync(cancellationToken);
            Upload upload = withBad && i % BadOf == 0 ? uploads.BadOne(i / BadOf) : uploads.Good(Next());
            requests.Add(SendAndLeaveAsync(phase, upload, due, underWay, cancellationToken));
        }

        await Task.WhenAll(requests);
        await stopSlow.CancelAsync();
        await slow;
        return Finish(phase, clock);
    }

    private async Task SendAndLeaveAsync(WebPhase phase, Upload upload, long due, SemaphoreSlim underWay, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(phase, upload, due, cancellationToken);
        }
        finally
        {
            underWay.Release();
        }
    }

    private async Task SendAsync(WebPhase phase, Upload upload, long due, CancellationToken cancellationToken) =>
        phase.Add(upload, await clients.SendAsync(Next(), upload, due, cancellationToken), _expected.GetValueOrDefault(upload.Picture));

    /// <summary>One slow sender after the other; the last one breaks off in the middle.</summary>
    private async Task SendSlowlyAsync(WebPhase phase, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            double seconds = await clients.SendSlowlyAsync(cancellationToken);
            if (seconds > SlowestSeconds)
            {
                phase.Note($"a slow sender was borne for {seconds:F0} s");
            }
        }
    }

    private WebPhase Finish(WebPhase phase, Stopwatch clock)
    {
        phase.Seconds = clock.Elapsed.TotalSeconds;
        phase.Megabytes = service.Megabytes;
        phase.OpenFiles = service.OpenFiles;
        return phase;
    }

    private int Next() => Interlocked.Increment(ref _number);
}
