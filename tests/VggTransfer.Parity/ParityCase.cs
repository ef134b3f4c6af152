namespace VggTransfer.Parity;

/// <summary>One comparison.</summary>
/// <param name="Name">What was compared: the file, and the key of the golden.</param>
/// <param name="Passed">Whether it lies within its tolerance.</param>
/// <param name="Detail">The worst difference, or what differs.</param>
public sealed record ParityCase(string Name, bool Passed, string Detail)
{
    /// <summary>Runs a comparison. One that can't be run has failed, with the reason; the others still run.</summary>
    internal static ParityCase Run(string name, Func<ParityCase> compare) => RunAll(name, () => [compare()])[0];

    /// <summary>Runs several comparisons that share their preparation. If it fails, that is one failed case.</summary>
    internal static IReadOnlyList<ParityCase> RunAll(string name, Func<IEnumerable<ParityCase>> compare)
    {
        List<ParityCase> cases = [];
        try
        {
            cases.AddRange(compare());
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            cases.Add(new ParityCase(name, false, $"couldn't be compared: {e.Message}"));
        }

        return cases;
    }
}
