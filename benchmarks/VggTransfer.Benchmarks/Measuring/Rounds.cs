namespace VggTransfer.Benchmarks.Measuring;

/// <summary>
/// Measures ways in turns, A B C A B C: what else the machine does then troubles all of them alike, and ratios hold where
/// absolute figures wouldn't.
/// </summary>
internal sealed class Rounds
{
    private readonly Dictionary<string, double[]> _values;

    private Rounds(Dictionary<string, double[]> values) => _values = values;

    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Rounds Measure(IReadOnlyList<Contender> contenders, int rounds, CancellationToken cancellationToken)
    {
        var values = contenders.ToDictionary(contender => contender.Name, _ => new double[rounds], StringComparer.Ordinal);
        for (int round = 0; round < rounds; round++)
        {
            foreach (Contender contender in contenders)
            {
                cancellationToken.ThrowIfCancellationRequested();
                values[contender.Name][round] = contender.Measure();
            }
        }

        return new Rounds(values);
    }

    /// <summary>The line of the table for two of the ways; none where one of them didn't take part.</summary>
    /// <param name="name">The figure's name.</param>
    /// <param name="what">A few words for the table.</param>
    /// <param name="ours">The name of our contender.</param>
    /// <param name="peer">The name of the other one.</param>
    /// <param name="unit">What was measured.</param>
    public IEnumerable<Figure> Compare(string name, string what, string ours, string peer, Unit unit)
    {
        if (_values.TryGetValue(ours, out double[]? first) && _values.TryGetValue(peer, out double[]? second))
        {
            yield return Figure.Compare(name, what, first, second, unit);
        }
    }
}
