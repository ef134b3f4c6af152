namespace VggTransfer.Benchmarks.Measuring;

/// <summary>A line of the table: ours beside a peer.</summary>
/// <param name="Name">Its name in the JSON form, in snake case.</param>
/// <param name="What">A few words for the table: what was measured, beside what.</param>
/// <param name="Ours">The median of ours.</param>
/// <param name="Peer">The median of the peer.</param>
/// <param name="Ratio">How many times as good ours is: the median over pairs measured one right after the other, and their spread.</param>
/// <param name="Unit">What both count.</param>
internal sealed record Figure(string Name, string What, double Ours, double Peer, Spread Ratio, Unit Unit)
{
    /// <param name="name">Its name in the JSON form.</param>
    /// <param name="what">A few words for the table.</param>
    /// <param name="ours">Ours, round by round.</param>
    /// <param name="peer">The peer in the same rounds.</param>
    /// <param name="unit">What both count.</param>
    /// <exception cref="ArgumentException">The numbers of rounds differ, or a value is no positive number, so that a ratio would mean nothing.</exception>
    public static Figure Compare(string name, string what, IReadOnlyList<double> ours, IReadOnlyList<double> peer, Unit unit)
    {
        if (ours.Count != peer.Count)
        {
            throw new ArgumentException($"'{name}': {ours.Count} rounds of ours stand beside {peer.Count} of the peer's.", nameof(peer));
        }

        if (ours.Concat(peer).FirstOrDefault(value => !(value > 0 && double.IsFinite(value)), 1) is var broken && broken != 1)
        {
            throw new ArgumentException($"'{name}': {broken} {unit.Text} was measured, and must be a positive number.", nameof(ours));
        }

        return new Figure(name, what, Spread.Of(ours).Median, Spread.Of(peer).Median, Spread.Of(ours.Zip(peer, unit.Ratio)), unit);
    }
}
