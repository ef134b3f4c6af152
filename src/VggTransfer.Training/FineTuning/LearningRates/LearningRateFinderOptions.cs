namespace VggTransfer.FineTuning;

/// <summary>Which learning rates are tried.</summary>
public sealed record LearningRateFinderOptions
{
    /// <summary>The first rate, above 0.</summary>
    public double From { get; init; } = 1e-7;

    /// <summary>The last rate, above the first.</summary>
    public double To { get; init; } = 10;

    /// <summary>How many rates are tried, one update with each, 2 or more.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>
    /// The share of the smoothed loss that comes from before, from 0 to below 1, as fastai smooths it (fastai/callback/core.py,
    /// <c>AvgSmoothLoss</c>).
    /// </summary>
    public double Smoothing { get; init; } = 0.98;

    /// <summary>How many times as large as its least value so far the smoothed loss must be to end the search, above 1.</summary>
    public double DivergesAt { get; init; } = 4;

    /// <summary>A factor on the loss of each class, as in <c>Fit</c>; null for 1.</summary>
    public IReadOnlyDictionary<int, double>? ClassWeight { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    internal LearningRateFinderOptions Checked()
    {
        Require(double.IsFinite(From) && From > 0, nameof(From), From, "a finite number above 0");
        Require(double.IsFinite(To) && To > From, nameof(To), To, $"a finite number above the first rate, {From}");
        Require(Steps >= 2, nameof(Steps), Steps, "2 or more");
        Require(Smoothing is >= 0 and < 1, nameof(Smoothing), Smoothing, "from 0 to below 1");
        Require(double.IsFinite(DivergesAt) && DivergesAt > 1, nameof(DivergesAt), DivergesAt, "a finite number above 1");
        return this;
    }

    private static void Require(bool holds, string name, double value, string range)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {range}.");
        }
    }
}
