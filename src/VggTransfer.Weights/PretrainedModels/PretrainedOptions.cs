using System.ComponentModel.DataAnnotations;
using System.Net;
using VggTransfer.Files;

namespace VggTransfer.PretrainedModels;

/// <summary>Where pretrained files are kept and how they are fetched. The defaults are right for most people.</summary>
public sealed record PretrainedOptions
{
    /// <summary>The environment variable that names the cache folder.</summary>
    public const string CacheVariable = "VGGTRANSFER_CACHE";

    /// <summary>The environment variable that names a mirror.</summary>
    public const string MirrorVariable = "VGGTRANSFER_MIRROR";

    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    /// <summary>
    /// The folder that files are kept in; made if it doesn't exist. Null for the environment variable VGGTRANSFER_CACHE or, without
    /// it, the platform's place: <c>%LocalAppData%\vggtransfer</c>, <c>~/Library/Caches/vggtransfer</c>, elsewhere
    /// <c>$XDG_CACHE_HOME/vggtransfer</c> or <c>~/.cache/vggtransfer</c>.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// A base address that has all files, under their names in the catalog, instead of the published addresses; https, or http
    /// on this machine. Null for the environment variable VGGTRANSFER_MIRROR or, without it, no mirror.
    /// </summary>
    public Uri? Mirror { get; init; }

    /// <summary>Whether to use only what is in the cache already.</summary>
    public bool Offline { get; init; }

    /// <summary>Whether to keep the published file beside the converted one, so that it can be verified again: true unless disk space matters.</summary>
    public bool KeepSource { get; init; } = true;

    /// <summary>How many times in a row to try again without getting further, 0 to 100.</summary>
    [Range(0, 100)]
    public int Retries { get; init; } = 5;

    /// <summary>The pause before the first new attempt, 0 to 1 hour; it doubles from attempt to attempt. Up to half of it is left out at random.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause, 0 to 1 hour; what a server asks for in Retry-After isn't cut.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long to wait for a server to answer or for the next byte before the connection counts as dropped, above 0 up to 1 hour.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The catalog to look names up in; null for the library's own.</summary>
    public PretrainedCatalog? Catalog { get; init; }

    /// <summary>What connections that leave this machine go through: by default what the environment (HTTPS_PROXY, NO_PROXY, ...) or the system says.</summary>
    internal IWebProxy Proxy { get; init; } = HttpClient.DefaultProxy;

    /// <summary>Bytes free for a folder; null where the system doesn't say.</summary>
    internal Func<string, long?> FreeSpace { get; init; } = DiskSpace.Free;

    /// <summary>Measures rates and waits.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;

    internal PretrainedCatalog EffectiveCatalog => Catalog ?? PretrainedCatalog.Default;

    /// <summary>The cache folder after options, environment and platform.</summary>
    /// <exception cref="ArgumentException">Neither says where it is: no home folder, no variable.</exception>
    public string ResolveCacheFolder() => CacheLocation.Resolve(CacheFolder, Environment.GetEnvironmentVariable, CacheLocation.CurrentPlatform);

    /// <summary>Where a file is fetched from.</summary>
    /// <exception cref="ArgumentException">The mirror isn't an address that files are fetched from.</exception>
    internal Uri AddressOf(PretrainedEntry entry)
    {
        Uri? mirror = Mirror;
        if (mirror is null && Environment.GetEnvironmentVariable(MirrorVariable) is { Length: > 0 } text)
        {
            mirror = Uri.TryCreate(text, UriKind.Absolute, out Uri? parsed)
                ? parsed
                : throw new ArgumentException($"The environment variable {MirrorVariable} is '{text}', which isn't a whole address such as https://mirror.example/weights/.");
        }

        if (mirror is null)
        {
            return entry.Address;
        }

        return DownloadAddress.Fault(mirror) is { } fault
            ? throw new ArgumentException($"The mirror {fault}.")
            : DownloadAddress.OnMirror(mirror, entry.File);
    }

    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    internal PretrainedOptions Validated()
    {
        OptionRange.Check(this);
        OptionRange.Require(FirstPause >= TimeSpan.Zero && FirstPause <= s_longest, nameof(FirstPause), FirstPause, "0 to 1 hour");
        OptionRange.Require(LongestPause >= TimeSpan.Zero && LongestPause <= s_longest, nameof(LongestPause), LongestPause, "0 to 1 hour");
        OptionRange.Require(Patience > TimeSpan.Zero && Patience <= s_longest, nameof(Patience), Patience, "above 0 and at most 1 hour");
        return this;
    }
}
