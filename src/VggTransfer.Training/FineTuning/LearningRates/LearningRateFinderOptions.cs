using System.ComponentModel.DataAnnotations;

namespace VggTransfer.FineTuning;

/// <summary>Which learning rates are tried.</summary>
public sealed record LearningRateFinderOptions
{
    /// <summary>The first rate, above 0.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double From { get; init; } = 1e-7;

    /// <summary>The last rate, above 0 and above the first.</summary>
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double To { get; init; } = 10;

    /// <summary>How many rates are tried, one update with each, 2 or more.</summary>
    [Range(2, int.MaxValue)]
    public int Steps { get; init; } = 100;

    /// <summary>
    /// The share of the smoothed loss that comes from before, 0 or more and below 1, as fastai smooths it (fastai/callback/core.py,
    /// <c>AvgSmoothLoss</c>).
    /// </summary>
    [Range(0d, 1, MaximumIsExclusive = true)]
    public double Smoothing { get; init; } = 0.98;

    /// <summary>How many times as large as its least value so far the smoothed loss must be to end the search, above 1.</summary>
    [Range(1, double.MaxValue, MinimumIsExclusive = true)]
    public double DivergesAt { get; init; } = 4;

    /// <summary>A factor on the loss of each class, as in <c>Fit</c>; null for 1.</summary>
    public IReadOnlyDictionary<int, double>? ClassWeight { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    internal LearningRateFinderOptions Checked()
    {
        OptionRange.Check(this);
        OptionRange.Require(To > From, nameof(To), To, FormattableString.Invariant($"above the first rate, {From}"));
        return this;
    }
}
