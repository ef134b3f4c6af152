namespace VggTransfer.Benchmarks.Measuring;

/// <summary>What a figure counts, and whether more of it is better.</summary>
internal sealed record Unit(string Text, bool HigherIsBetter)
{
    public static Unit ImagesPerSecond { get; } = new("images/s", true);

    public static Unit Seconds { get; } = new("s", false);

    /// <summary>A million bytes.</summary>
    public static Unit Megabytes { get; } = new("MB", false);

    public static Unit Cosine { get; } = new("cosine", true);

    /// <summary>How many times as good the first is; above 1 it is the better one, whatever is counted.</summary>
    public double Ratio(double ours, double peer) => HigherIsBetter ? ours / peer : peer / ours;
}
