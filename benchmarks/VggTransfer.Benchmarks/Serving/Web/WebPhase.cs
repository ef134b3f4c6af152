using System.Collections.Concurrent;
using System.Globalization;

namespace VggTransfer.Benchmarks.Serving.Web;

/// <summary>What one phase of the load came to.</summary>
internal sealed class WebPhase(string name)
{
    private readonly ConcurrentBag<double> _answered = [], _refused = [];
    private int _sent, _bad;

    public static string Head =>
        """
        | load | sent/s | answered/s | refused/s | bad ones, turned away/s | unexpected | p50 ms | p99 ms | refusals' p99 ms | memory MB | open files |
        |---|---|---|---|---|---|---|---|---|---|---|
        """;

    /// <summary>How long it lasted, until its last answer.</summary>
    public double Seconds { get; set; }

    public double Megabytes { get; set; }

    public int OpenFiles { get; set; }

    /// <summary>Pictures that were classified.</summary>
    public int Answered => _answered.Count;

    /// <summary>Requests that got status 503.</summary>
    public int Refused => _refused.Count;

    /// <summary>Everything that isn't as it should be, and how often.</summary>
    public ConcurrentDictionary<string, int> Unexpected { get; } = [];

    /// <param name="upload">What was sent.</param>
    /// <param name="answer">What came back.</param>
    /// <param name="expected">The body that a picture's answer must have.</param>
    public void Add(Upload upload, WebAnswer answer, string? expected)
    {
        Interlocked.Increment(ref _sent);
        if (answer is { Status: 503, IsProblem: true, SaysWhen: true })
        {
            _refused.Add(answer.Milliseconds);
        }
        else if (answer.Status == 200 && upload.Picture >= 0)
        {
            _answered.Add(answer.Milliseconds);
            if (answer.Body != expected)
            {
                Note($"another answer than alone: {answer.Body}");
            }
        }
        else if (upload.Statuses.Contains(answer.Status) && (answer.IsProblem || answer.Status == 200))
        {
            Interlocked.Increment(ref _bad);
        }
        else if (answer.Status == 0 && upload.MayBeCut)
        {
            Interlocked.Increment(ref _bad);
        }
        else
        {
            Note($"{upload.Kind}: status {answer.Status}, {answer.Body}");
        }
    }

    public void Note(string unexpected) => Unexpected.AddOrUpdate(unexpected, 1, (_, count) => count + 1);

    public string ToRow() => string.Create(CultureInfo.InvariantCulture,
        $"| {name} | {_sent / Seconds:F0} | {Answered / Seconds:F1} | {Refused / Seconds:F1} | {_bad / Seconds:F1} | {Unexpected.Values.Sum()} | {Quantile(_answered, 0.5):F0} | {Quantile(_answered, 0.99):F0} | {Quantile(_refused, 0.99):F0} | {Megabytes:F0} | {OpenFiles} |");

    private static double Quantile(ConcurrentBag<double> values, double part) => values.IsEmpty ? 0 : values.Order().ElementAt((int)(values.Count * part));
}
