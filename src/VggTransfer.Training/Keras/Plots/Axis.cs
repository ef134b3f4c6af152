using System.Globalization;

namespace VggTransfer.Keras.Plots;

/// <summary>An axis of a <see cref="Chart"/>: the values that it reaches, and those that get a label.</summary>
public sealed class Axis
{
    private readonly double _low;
    private readonly double _high;

    private Axis(double low, double high, IReadOnlyList<double> ticks)
    {
        _low = low;
        _high = high;
        Ticks = ticks;
    }

    /// <summary>What its values are; empty for none.</summary>
    public string Title { get; private init; } = "";

    internal IReadOnlyList<double> Ticks { get; }

    /// <summary>How a value is written.</summary>
    internal Func<double, string> Label { get; private init; } = Plain;

    private bool IsLogarithmic { get; init; }

    /// <summary>An axis that reaches to round values beyond the given ones.</summary>
    /// <param name="values">Finite; at least one.</param>
    /// <param name="title">What its values are.</param>
    /// <param name="label">How a value is written; null for its digits.</param>
    public static Axis Linear(IReadOnlyList<double> values, string title = "", Func<double, string>? label = null)
    {
        ArgumentNullException.ThrowIfNull(values);
        double low = values.Min(), high = values.Max();
        if (low == high)
        {
            double margin = low == 0 ? 1 : Math.Abs(low) / 10;
            (low, high) = (low - margin, high + margin);
        }

        double step = RoundStep((high - low) / 5);
        double first = Math.Floor(low / step), last = Math.Ceiling(high / step);
        return new Axis(first * step, last * step, [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)]) { Title = title, Label = label ?? Plain };
    }

    /// <summary>An axis without labels, from the least value to the largest with some air around them.</summary>
    /// <param name="values">Finite; at least one.</param>
    public static Axis Bare(IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        double margin = Math.Max((values.Max() - values.Min()) / 25, 1e-9);
        return new Axis(values.Min() - margin, values.Max() + margin, []);
    }

    /// <summary>Whole powers of ten around the values.</summary>
    /// <param name="values">Above 0; at least one.</param>
    /// <param name="title">What its values are.</param>
    internal static Axis Logarithmic(IReadOnlyList<double> values, string title = "")
    {
        int first = (int)Math.Floor(Math.Log10(values.Min()) + 1e-9), last = (int)Math.Ceiling(Math.Log10(values.Max()) - 1e-9);
        last = Math.Max(last, first + 1);
        return new Axis(first, last, [.. Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power))]) { Title = title, IsLogarithmic = true };
    }

    /// <summary>Whole numbers from the first to the last, a few of them labelled.</summary>
    internal static Axis Whole(int first, int last, string title)
    {
        int step = Math.Max(1, (int)RoundStep((last - first) / 10.0));
        double margin = first == last ? 0.5 : 0;
        return new Axis(first - margin, last + margin, [.. Enumerable.Range(first, last - first + 1).Where(i => i == first || i % step == 0).Select(i => (double)i)]) { Title = title };
    }

    /// <summary>From a value to a place between 0 and 1.</summary>
    internal double Place(double value) => ((IsLogarithmic ? Math.Log10(value) : value) - _low) / (_high - _low);

    // "0.0000001" would neither fit beside the axis nor be read.
    private static string Plain(double tick) =>
        tick.ToString(tick == 0 || Math.Abs(tick) is >= 1e-4 and < 1e7 ? "0.####" : "0.##e0", CultureInfo.InvariantCulture);

    /// <summary>1, 2 or 5 times a power of ten, at least as large as asked for.</summary>
    private static double RoundStep(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(least, double.Epsilon * 1e10))));
        double factor = least / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }
}
