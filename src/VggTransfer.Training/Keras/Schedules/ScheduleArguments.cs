namespace VggTransfer.Keras.Schedules;

/// <summary>What schedules require of their arguments.</summary>
internal static class ScheduleArguments
{
    /// <exception cref="ArgumentOutOfRangeException">It isn't finite, or negative.</exception>
    public static double Rate(double value, string name) =>
        double.IsFinite(value) && value >= 0 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number, 0 or more.");

    /// <exception cref="ArgumentOutOfRangeException">It isn't finite, or not above 0.</exception>
    public static double Positive(double value, string name) =>
        double.IsFinite(value) && value > 0 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be a finite number above 0.");
}
