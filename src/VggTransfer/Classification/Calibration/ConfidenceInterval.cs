namespace VggTransfer.Classification;

/// <summary>Where a share that was measured on a sample truly lies, with a confidence of 95 %.</summary>
/// <param name="Low">0 to 1.</param>
/// <param name="High">0 to 1.</param>
public sealed record ConfidenceInterval(double Low, double High)
{
    /// <summary>The normal distribution's 97.5th percentile.</summary>
    private const double Z = 1.959963984540054;

    /// <summary>
    /// Wilson's interval (E. B. Wilson, 1927), which holds for small samples and for shares near 0 and 1, too.
    /// </summary>
    /// <param name="hits">Successes, 0 to <paramref name="count"/>.</param>
    /// <param name="count">Trials, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static ConfidenceInterval Wilson(int hits, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, count);
        double share = (double)hits / count, z2 = Z * Z / count;
        double centre = (share + (z2 / 2)) / (1 + z2);
        double half = Z / (1 + z2) * Math.Sqrt((share * (1 - share) / count) + (z2 / (4 * count)));

        // Exact ends: rounding would leave 1 - 1e-16.
        return new ConfidenceInterval(hits == 0 ? 0 : centre - half, hits == count ? 1 : centre + half);
    }
}
