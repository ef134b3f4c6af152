namespace VggTransfer.FineTuning;

/// <summary>The time that a fine-tuning has been at work, over all its processes, and what its budget leaves of it.</summary>
/// <param name="workspace">Where the time is kept.</param>
/// <param name="budget">The time for all.</param>
/// <param name="time">What shows the time.</param>
internal sealed class WorkClock(FineTuningWorkspace workspace, TimeSpan budget, TimeProvider time)
{
    // What a killed process forgets of its time, at the most.
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(2);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _before;
    private TimeSpan _written;

    /// <summary>The time for all.</summary>
    public TimeSpan Budget => budget;

    /// <summary>The time so far.</summary>
    public TimeSpan Used => _before + time.GetElapsedTime(_start);

    /// <summary>The time that is left; below zero where it is over.</summary>
    public TimeSpan Left => budget - Used;

    /// <summary>Adds the time of earlier processes. Called as soon as it is known that they were at the same work.</summary>
    public void Resume()
    {
        _before = workspace.ReadTimeUsed();
        _written = Used;
    }

    /// <summary>Notes the time, where it is a while ago that it was noted.</summary>
    public void Note()
    {
        if (Used - _written > s_interval)
        {
            _written = Used;
            workspace.WriteTimeUsed(_written);
        }
    }
}
