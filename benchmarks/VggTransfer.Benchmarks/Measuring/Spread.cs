namespace VggTransfer.Benchmarks.Measuring;

/// <summary>The median of some values, and how far they reach.</summary>
internal readonly record struct Spread(double Median, double Least, double Greatest)
{
    /// <exception cref="ArgumentException">There are no values.</exception>
    public static Spread Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("A median needs a value.", nameof(values));
        }

        int half = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}
