using VggTransfer.PretrainedModels;

namespace VggTransfer.Files;

/// <summary>Where the cache is, by each platform's convention.</summary>
internal static class CacheLocation
{
    private const string FolderName = "vggtransfer";

    internal enum Platform
    {
        Windows,
        MacOS,

        /// <summary>Linux and its relatives: the XDG Base Directory Specification.</summary>
        Xdg,
    }

    public static Platform CurrentPlatform =>
        OperatingSystem.IsWindows() ? Platform.Windows : OperatingSystem.IsMacOS() ? Platform.MacOS : Platform.Xdg;

    /// <summary>The full path of the cache folder.</summary>
    /// <param name="option">What the caller said; wins.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="platform">Whose convention to follow.</param>
    /// <exception cref="ArgumentException">Nothing says where it is.</exception>
    public static string Resolve(string? option, Func<string, string?> variable, Platform platform)
    {
        if ((option ?? variable(PretrainedOptions.CacheVariable)) is { Length: > 0 } said)
        {
            return Path.GetFullPath(said);
        }

        string? home = variable("HOME");
        (string? Root, string Below) place = platform switch
        {
            Platform.Windows => (variable("LOCALAPPDATA") ?? variable("USERPROFILE"), ""),
            Platform.MacOS => (home, Path.Combine("Library", "Caches")),

            // The specification: a relative path is to be ignored.
            _ when variable("XDG_CACHE_HOME") is { Length: > 0 } cache && Path.IsPathFullyQualified(cache) => (cache, ""),
            _ => (home, ".cache"),
        };
        return place.Root is { Length: > 0 }
            ? Path.GetFullPath(Path.Combine(place.Root, place.Below, FolderName))
            : throw new ArgumentException($"There is no home folder to keep pretrained weights in: set {PretrainedOptions.CacheVariable} or CacheFolder to a folder.");
    }
}
