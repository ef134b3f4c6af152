using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary>Published weights that are in the cache already; nothing here uses the network.</summary>
internal static class CachedWeights
{
    /// <summary>Whether a text is a name of the catalog.</summary>
    public static bool Knows(string name) => PretrainedCatalog.Default.Find(name) is not null;

    /// <summary>The path of a name's converted file. A published file that was put into the cache by hand is converted first.</summary>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    /// <exception cref="FileNotFoundException">It isn't in the cache; the message says how to get it there.</exception>
    /// <exception cref="IOException">What is in the cache can't be used.</exception>
    public static string Locate(string name, PretrainedOptions options, CancellationToken cancellationToken = default)
    {
        if (Pretrained.PathOf(name, options) is { } path)
        {
            return path;
        }

        PretrainedStatus status = Pretrained.List(options).Single(item => string.Equals(item.Entry.Name, name, StringComparison.OrdinalIgnoreCase));
        if (status.SourcePath is not null)
        {
            return Pretrained.GetAsync(name, options with { Offline = true }, cancellationToken: cancellationToken).GetAwaiter().GetResult();
        }

        PretrainedEntry entry = status.Entry;
        throw new FileNotFoundException(
            $"The weights '{entry.Name}' aren't in the cache: get them with '{Tool.Name} weights pull {entry.Name}'. Where there is no network, download '{entry.File}' elsewhere ({entry.Address}) and put it at '{Path.Combine(options.ResolveCacheFolder(), entry.File)}'.");
    }

    /// <summary>A full network with fc7 that is in the cache; null if there is none.</summary>
    public static PretrainedEntry? FindFull() =>
        Pretrained.List().FirstOrDefault(item => item.ReadyPath is not null && item.Entry.Architecture.IncludeTop)?.Entry;
}
