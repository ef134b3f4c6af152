namespace VggTransfer.Keras.Plots;

/// <summary>From values to places between 0 and 1, and the values that get a label.</summary>
internal sealed class Axis
{
    private readonly double _low;
    private readonly double _high;
    private readonly bool _logarithmic;

    private Axis(double low, double high, bool logarithmic, IReadOnlyList<double> ticks)
    {
        _low = low;
        _high = high;
        _logarithmic = logarithmic;
        Ticks = ticks;
    }

    public IReadOnlyList<double> Ticks { get; }

    /// <summary>An axis that reaches to round values beyond the given ones.</summary>
    /// <param name="values">Finite; at least one.</param>
    public static Axis Linear(IReadOnlyList<double> values)
    {
        double low = values.Min(), high = values.Max();
        if (low == high)
        {
            double margin = low == 0 ? 1 : Math.Abs(low) / 10;
            (low, high) = (low - margin, high + margin);
        }

        double step = RoundStep((high - low) / 5);
        double first = Math.Floor(low / step), last = Math.Ceiling(high / step);
        return new Axis(first * step, last * step, logarithmic: false, [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)]);
    }

    /// <summary>An axis without labels, from a value to another with some air around them.</summary>
    public static Axis Span(double low, double high)
    {
        double margin = Math.Max((high - low) / 25, 1e-9);
        return new Axis(low - margin, high + margin, logarithmic: false, []);
    }

    /// <summary>Whole powers of ten around the values.</summary>
    /// <param name="values">Above 0; at least one.</param>
    public static Axis Logarithmic(IReadOnlyList<double> values)
    {
        int first = (int)Math.Floor(Math.Log10(values.Min()) + 1e-9), last = (int)Math.Ceiling(Math.Log10(values.Max()) - 1e-9);
        last = Math.Max(last, first + 1);
        return new Axis(first, last, logarithmic: true, [.. Enumerable.Range(first, last - first + 1).Select(power => Math.Pow(10, power))]);
    }

    /// <summary>Whole numbers from the first to the last, a few of them labelled.</summary>
    public static Axis Whole(int first, int last)
    {
        int step = Math.Max(1, (int)RoundStep((last - first) / 10.0));
        double margin = first == last ? 0.5 : 0;
        return new Axis(first - margin, last + margin, logarithmic: false, [.. Enumerable.Range(first, last - first + 1).Where(i => i == first || i % step == 0).Select(i => (double)i)]);
    }

    public double Place(double value) => ((_logarithmic ? Math.Log10(value) : value) - _low) / (_high - _low);

    /// <summary>1, 2 or 5 times a power of ten, at least as large as asked for.</summary>
    private static double RoundStep(double least)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(Math.Max(least, double.Epsilon * 1e10))));
        double factor = least / power;
        return power * (factor <= 1 ? 1 : factor <= 2 ? 2 : factor <= 5 ? 5 : 10);
    }
}
