namespace VggTransfer.Cli.Progress;

/// <summary>How fast a stage goes, and how long it will take at that.</summary>
internal sealed class Pace(string stage, string unit, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly long _start = (time ?? TimeProvider.System).GetTimestamp();

    private TimeSpan _updated;

    // Some stages report first when a unit is done.
    private int? _begun;

    public string Stage { get; } = stage;

    public int Done { get; private set; }

    public int Total { get; private set; }

    public void Update(int done, int total)
    {
        _begun ??= done;
        Done = done;
        Total = total;
        _updated = _time.GetElapsedTime(_start);
    }

    /// <summary>Such as <c>32/120 images, 41.3 images/s, 0:02 left</c>; empty where there is nothing to count.</summary>
    public override string ToString()
    {
        if (Total <= 1)
        {
            return "";
        }

        string count = $"{Done}/{Total} {unit}";
        int timed = Done - (_begun ?? 0);
        if (timed <= 0)
        {
            return count;
        }

        // A stage that is over, or whose next unit isn't done yet, doesn't become slower while one looks at it.
        double rate = timed / _updated.TotalSeconds;
        string speed = $"{count}, {rate:0.0} {unit}/s";
        TimeSpan left = TimeSpan.FromSeconds((Total - Done) / rate) - (_time.GetElapsedTime(_start) - _updated);
        return Done >= Total ? speed : $"{speed}, {Duration(left > TimeSpan.Zero ? left : TimeSpan.Zero)} left";
    }

    /// <summary>Such as <c>2:05</c> or <c>1:00:12</c>.</summary>
    public static string Duration(TimeSpan time) =>
        time.TotalHours >= 1 ? $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}" : $"{time.Minutes}:{time.Seconds:00}";
}
