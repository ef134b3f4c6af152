namespace VggTransfer.FineTuning;

/// <summary>The time that a fine-tuning has been at work, over all its processes, and what its budget leaves of it.</summary>
internal sealed class WorkClock
{
    // What a killed process forgets of its time, at the most.
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    private readonly FineTuningWorkspace _workspace;
    private readonly TimeProvider _time;
    private readonly long _start;
    private WorkTimes _times = new(0, new Dictionary<int, double>());
    private TimeSpan _before;
    private TimeSpan _written;

    /// <param name="workspace">Where the time is kept.</param>
    /// <param name="budget">The time for all.</param>
    /// <param name="time">What shows the time.</param>
    /// <param name="before">What this process had used when it came here.</param>
    public WorkClock(FineTuningWorkspace workspace, TimeSpan budget, TimeProvider time, TimeSpan before)
    {
        _workspace = workspace;
        _time = time;
        _start = time.GetTimestamp();
        _before = before;
        Budget = budget;
    }

    /// <summary>The time for all.</summary>
    public TimeSpan Budget { get; }

    /// <summary>The time so far.</summary>
    public TimeSpan Used => _before + _time.GetElapsedTime(_start);

    /// <summary>The time that is left; below zero where it is over.</summary>
    public TimeSpan Left => Budget - Used;

    /// <summary>Adds the time of earlier processes. Called as soon as it is known that they were at the same work.</summary>
    public void Resume()
    {
        _times = _workspace.ReadTimes() ?? _times;
        _before += TimeSpan.FromSeconds(_times.Used);
        _written = Used;
    }

    /// <summary>Notes the time, where it is a while ago that it was noted.</summary>
    public void Note()
    {
        if (Used - _written > s_interval)
        {
            Write();
        }
    }

    /// <summary>The time that had been used when a stage began, whichever process began it.</summary>
    public TimeSpan BeginStage(int number)
    {
        if (!_times.StageStarts.ContainsKey(number))
        {
            _times = _times with { StageStarts = new Dictionary<int, double>(_times.StageStarts) { [number] = Used.TotalSeconds } };
        }

        Write();
        return TimeSpan.FromSeconds(_times.StageStarts[number]);
    }

    private void Write()
    {
        _times = _times with { Used = Used.TotalSeconds };
        _workspace.WriteTimes(_times);
        _written = Used;
    }
}

/// <summary>Times of a fine-tuning, in seconds.</summary>
/// <param name="Used">All time at work.</param>
/// <param name="StageStarts">What had been used when each stage began.</param>
internal sealed record WorkTimes(double Used, IReadOnlyDictionary<int, double> StageStarts);
