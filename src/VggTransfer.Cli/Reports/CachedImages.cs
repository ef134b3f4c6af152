namespace VggTransfer.Cli;

/// <summary>Says how much work an earlier run has done already.</summary>
internal static class CachedImages
{
    /// <summary>Such as <c>, 380 feature vectors from the cache</c>; empty where there was none.</summary>
    public static string Describe(int fromCache) => fromCache switch
    {
        0 => "",
        1 => ", 1 feature vector from the cache",
        _ => $", {fromCache} feature vectors from the cache",
    };
}
