namespace VggTransfer.Cli;

/// <summary>How much there is of a kind.</summary>
internal sealed record CacheContent(int Files, long Bytes, string Note = "");

/// <summary>A kind of things that are kept in the cache folder.</summary>
/// <param name="Name">How the command line calls it.</param>
/// <param name="MadeAnew">Whether it comes back by itself, so that clearing costs time and nothing else.</param>
/// <param name="Inspect">Looks what there is.</param>
/// <param name="Clear">Removes what no process is using, and returns the bytes freed.</param>
internal sealed record CacheKind(string Name, bool MadeAnew, Func<CacheContent> Inspect, Func<long> Clear);
