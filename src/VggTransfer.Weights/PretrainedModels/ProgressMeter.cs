namespace VggTransfer.PretrainedModels;

/// <summary>Turns counts of bytes into reports with a rate and a time left, at most ten a second.</summary>
internal sealed class ProgressMeter(string name, IProgress<PretrainedProgress>? target, TimeProvider time)
{
    // Over this many seconds the rate forgets the past.
    private const double Memory = 5;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private PretrainedStage? _stage;
    private long _reported;
    private long _measured;
    private long _measuredBytes;
    private double? _rate;

    /// <summary>Passes a report on as it is.</summary>
    public void Report(PretrainedProgress report)
    {
        _stage = null;
        target?.Report(report);
    }

    public void Report(PretrainedStage stage) => Report(new PretrainedProgress(name, stage));

    /// <summary>A new connection brings the bytes from here on; those before it say nothing about the rate.</summary>
    public void StartDownload(long bytes)
    {
        _measured = time.GetTimestamp();
        _measuredBytes = bytes;
        _rate = null;
        _stage = null;
    }

    public void Report(PretrainedStage stage, long bytes, long? total)
    {
        if (_stage == stage && time.GetElapsedTime(_reported) < s_interval)
        {
            return;
        }

        Finish(stage, bytes, total);
    }

    /// <summary>Reports however recent the last report is.</summary>
    public void Finish(PretrainedStage stage, long bytes, long? total)
    {
        _stage = stage;
        _reported = time.GetTimestamp();
        double? rate = stage == PretrainedStage.Downloading ? Measure(bytes) : null;
        TimeSpan? remaining = rate > 0 && total is { } whole ? TimeSpan.FromSeconds(Math.Min((whole - bytes) / rate.Value, 1e9)) : null;
        target?.Report(new PretrainedProgress(name, stage, bytes, total, rate, remaining));
    }

    private double? Measure(long bytes)
    {
        double seconds = time.GetElapsedTime(_measured).TotalSeconds;
        if (seconds < s_interval.TotalSeconds)
        {
            return _rate;
        }

        double current = (bytes - _measuredBytes) / seconds;
        double weight = 1 - Math.Exp(-seconds / Memory);
        _rate = _rate is { } before ? before + (weight * (current - before)) : current;
        _measured = time.GetTimestamp();
        _measuredBytes = bytes;
        return _rate;
    }
}
