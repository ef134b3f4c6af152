using VggTransfer.FeatureCaching;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary>All that is kept between runs.</summary>
internal static class CacheKinds
{
    private const string Weights = "weights";
    private const string Features = "features";

    /// <summary>The names of all kinds.</summary>
    public static IReadOnlyList<string> Names { get; } = [Weights, Features];

    /// <summary>The kinds, as they are in a cache folder.</summary>
    public static IReadOnlyList<CacheKind> Of(PretrainedOptions options)
    {
        string folder = options.ResolveCacheFolder();
        var features = new FeatureCacheOptions { CacheFolder = folder };
        return
        [
            new(Weights, MadeAnew: false, () => Describe(Pretrained.InspectCache(options)), () => Pretrained.ClearCache(options)),
            new(Features, MadeAnew: true, () => Describe(FeatureCache.Inspect(features)), () => FeatureCache.Clear(features)),
        ];
    }

    private static CacheContent Describe(PretrainedCacheInfo info) => new(info.Files, info.Bytes, Count(info.Networks, "published network"));

    private static CacheContent Describe(FeatureCacheInfo info) =>
        new(info.Files, info.Bytes, info.Images == 0 ? "" : $"{Count(info.Images, "feature vector")} of {Count(info.Recipes, "recipe")}");

    private static string Count(long count, string what) => count switch
    {
        0 => "",
        1 => $"1 {what}",
        _ => $"{count} {what}s",
    };
}
