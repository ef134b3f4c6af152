using System.Diagnostics;
using VggTransfer.Classification;
using VggTransfer.Features;

namespace VggTransfer.Serving;

/// <summary>One classification from its beginning to its end: its lease, its deadline, what is measured of it.</summary>
internal sealed class ClassificationCall : IDisposable
{
    private readonly CallGate.Lease _lease;
    private readonly TimeSpan? _timeout;
    private readonly string _name;
    private readonly CancellationTokenSource? _deadline;
    private readonly Activity? _activity;
    private readonly long _begin = Stopwatch.GetTimestamp();
    private string? _error;

    /// <param name="owner">What the exception names.</param>
    /// <param name="gate">The owner's.</param>
    /// <param name="name">What messages call the image.</param>
    /// <param name="timeout">How long the call may take; null for any time.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public ClassificationCall(object owner, CallGate gate, string name, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        _lease = gate.Enter(owner);
        _timeout = timeout;
        _name = name;
        Token = cancellationToken;
        if (timeout is { } time)
        {
            _deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _deadline.CancelAfter(time);
            Token = _deadline.Token;
        }

        CallerToken = cancellationToken;
        ClassifierTelemetry.UnderWay.Add(1);
        _activity = ClassifierTelemetry.Activities.StartActivity("classify image");
    }

    /// <summary>Cancelled by the caller or by the deadline.</summary>
    public CancellationToken Token { get; }

    private CancellationToken CallerToken { get; }

    public void Succeed(ImagePrediction prediction)
    {
        if (prediction.IsUnknown)
        {
            ClassifierTelemetry.Unknown.Add(1);
        }

        _activity?.SetTag("vggtransfer.label", prediction.Label);
        _activity?.SetTag("vggtransfer.probability", prediction.Probability);
        _activity?.SetTag("vggtransfer.unknown", prediction.IsUnknown);
    }

    /// <summary>Notes a failure, and says what the caller gets instead: a time-out where the deadline ended it; null for the exception itself.</summary>
    public TimeoutException? Fail(Exception exception)
    {
        TimeoutException? timeout = exception is OperationCanceledException && _deadline is { IsCancellationRequested: true } && !CallerToken.IsCancellationRequested
            ? new TimeoutException($"Classifying '{_name}' took longer than the {_timeout!.Value.TotalSeconds:0.###} s that Timeout allows.", exception)
            : null;
        _error = (timeout ?? exception).GetType().FullName;
        _activity?.SetStatus(ActivityStatusCode.Error, (timeout ?? exception).Message);
        _activity?.SetTag(ClassifierTelemetry.ErrorType, _error);
        return timeout;
    }

    public void Dispose()
    {
        var tags = default(TagList);
        if (_error is not null)
        {
            tags.Add(ClassifierTelemetry.ErrorType, _error);
        }

        ClassifierTelemetry.Duration.Record(Stopwatch.GetElapsedTime(_begin).TotalSeconds, tags);
        ClassifierTelemetry.UnderWay.Add(-1);
        _activity?.Dispose();
        _deadline?.Dispose();
        _lease.Dispose();
    }
}
