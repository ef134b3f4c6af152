namespace VggTransfer.Classification;

/// <summary>Images by their features, and their classes.</summary>
/// <param name="Features">One vector for each.</param>
/// <param name="Classes">The index of the class of each.</param>
public sealed record LabeledFeatures(IReadOnlyList<float[]> Features, IReadOnlyList<int> Classes)
{
    /// <summary>How many images there are.</summary>
    public int Count => Classes.Count;

    /// <summary>These and others.</summary>
    /// <param name="others">What comes behind them.</param>
    public LabeledFeatures Concat(LabeledFeatures others)
    {
        ArgumentNullException.ThrowIfNull(others);
        return new([.. Features, .. others.Features], [.. Classes, .. others.Classes]);
    }

    /// <summary>Some of them.</summary>
    /// <param name="places">Their places among these.</param>
    public LabeledFeatures Select(IReadOnlyList<int> places) => new([.. places.Select(place => Features[place])], [.. places.Select(place => Classes[place])]);
}
