namespace VggTransfer.Keras.Callbacks;

/// <summary>Whether a monitored figure gets better upwards or downwards.</summary>
/// <param name="isMax">Whether more is better.</param>
/// <param name="warning">What is to be said about the mode that was asked for; null for nothing.</param>
internal readonly struct MonitorMode(bool isMax, string? warning)
{
    public bool IsMax { get; } = isMax;

    /// <summary>Where a training begins, before anything was seen.</summary>
    public double Worst => IsMax ? double.NegativeInfinity : double.PositiveInfinity;

    /// <param name="mode"><c>min</c>, <c>max</c> or <c>auto</c>; another word counts as auto.</param>
    /// <param name="isMaxByName">What the name of the figure says.</param>
    /// <param name="what">What a warning about another word begins with.</param>
    public static MonitorMode Of(string mode, bool isMaxByName, string what) => mode switch
    {
        "min" => new(false, null),
        "max" => new(true, null),
        "auto" => new(isMaxByName, null),
        _ => new(isMaxByName, $"{what} {mode} is unknown, fallback to auto mode."),
    };

    /// <summary>Whether one value is better than another; NaN never is.</summary>
    public bool IsBetter(double value, double than) => IsMax ? value > than : value < than;

    /// <summary>Says once, as soon as there is a model to say it through, what the constructor couldn't.</summary>
    public MonitorMode Announced(Callback callback)
    {
        if (warning is not null)
        {
            callback.Model.Warn(warning);
        }

        return new(IsMax, null);
    }
}
