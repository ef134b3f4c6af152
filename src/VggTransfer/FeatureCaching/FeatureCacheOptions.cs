using System.ComponentModel.DataAnnotations;
using System.Globalization;
using VggTransfer.PretrainedModels;

namespace VggTransfer.FeatureCaching;

/// <summary>
/// Where features are kept between runs, and how much of them. A library caches nothing unless it is given such options: it
/// should not write into a user's home folder unasked. The command line does, unless told <c>--no-cache</c>.
/// </summary>
public sealed record FeatureCacheOptions
{
    /// <summary>
    /// The environment variable that bounds the cache, in megabytes of 10^6 bytes; <c>0</c> or <c>off</c> switches it off.
    /// </summary>
    public const string Variable = "VGGTRANSFER_FEATURE_CACHE";

    private const long SmallestLimit = 1_000_000;
    private const string Off = "off";

    /// <summary>
    /// The folder that the cache's folder <c>features</c> lies in; made if it doesn't exist. Null for the place where published
    /// weights are kept, too: see <see cref="PretrainedOptions.CacheFolder"/>.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// Bytes that all kept features together may take, 1,000,000 or more; by default 2 GB. Beyond it, what was used least
    /// recently goes first.
    /// </summary>
    [Range(SmallestLimit, double.MaxValue)]
    public long MaxBytes { get; init; } = 2_000_000_000;

    /// <summary>
    /// Sets features apart from those of other purposes; empty for those that results are made of. What is computed only to compare
    /// must not look like an earlier run's work.
    /// </summary>
    internal string Purpose { get; init; } = "";

    /// <summary>The defaults, with the limit that the environment variable says; null if it switches the cache off.</summary>
    /// <exception cref="ArgumentException">The variable is neither <c>off</c> nor a number of megabytes.</exception>
    public static FeatureCacheOptions? FromEnvironment() => Parse(Environment.GetEnvironmentVariable(Variable));

    internal static FeatureCacheOptions? Parse(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return new FeatureCacheOptions();
        }

        if (value == Off)
        {
            return null;
        }

        return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long megabytes) && megabytes <= long.MaxValue / SmallestLimit
            ? megabytes == 0 ? null : new FeatureCacheOptions { MaxBytes = megabytes * SmallestLimit }
            : throw new ArgumentException($"The environment variable {Variable} is '{value}', and must be '{Off}' or a number of megabytes.");
    }

    /// <summary>The folder of all kept features.</summary>
    /// <exception cref="ArgumentException">There is no home folder and no variable that says where it is.</exception>
    internal string ResolveFolder() => Path.Combine(new PretrainedOptions { CacheFolder = CacheFolder }.ResolveCacheFolder(), "features");

    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    internal void Validate() => OptionRange.Check(this);
}
