using VggTransfer.Files;

namespace VggTransfer.FeatureCaching;

/// <summary>What a feature cache holds.</summary>
/// <param name="Folder">Where it is.</param>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">Their size together.</param>
/// <param name="Images">Records of images; an image that was looked at in two ways counts twice.</param>
/// <param name="Recipes">Ways of getting features: networks, layers, input sizes and the like.</param>
public sealed record FeatureCacheInfo(string Folder, int Files, long Bytes, long Images, int Recipes);

/// <summary>
/// Features kept on disk, by the SHA-256 of the image and a hash of all that they follow from (weights, layer, input size,
/// resizing, arithmetic, ...): never of another image or network, wherever the files lie and whatever they are called. Shared
/// by all processes of a user. <see cref="CachedFeatureExtractor"/> uses it; here it is looked at and emptied.
/// </summary>
/// <remarks>
/// Damage is found by checksums, and what is damaged is computed anew. The checksums are no signature: whoever may write to
/// the folder can forge features, as they could forge a model. The folder is made for its user alone.
/// </remarks>
public static class FeatureCache
{
    /// <summary>What is in the cache; changes nothing.</summary>
    /// <param name="options">Where it is; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no place for a cache.</exception>
    /// <exception cref="IOException">The folder can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static FeatureCacheInfo Inspect(FeatureCacheOptions? options = null)
    {
        string root = (options ?? new FeatureCacheOptions()).ResolveFolder();
        FileInfo[] segments = [.. Segments(root)];
        return new FeatureCacheInfo(
            root, segments.Length, segments.Sum(Length), segments.Sum(CountRecords), segments.Select(segment => segment.DirectoryName).Distinct().Count());
    }

    /// <summary>Empties the cache, but for the files that some process is writing at this moment.</summary>
    /// <param name="options">Where it is; null for the defaults.</param>
    /// <returns>The bytes that were freed.</returns>
    /// <exception cref="ArgumentException">There is no place for a cache.</exception>
    /// <exception cref="IOException">A file can't be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be removed.</exception>
    public static long Clear(FeatureCacheOptions? options = null)
    {
        string root = (options ?? new FeatureCacheOptions()).ResolveFolder();
        return Segments(root).Sum(segment => Remove(root, segment, heldPlace: null));
    }

    /// <summary>Removes the files that were used least recently until the rest and some room together keep within the limit.</summary>
    /// <param name="options">The limit.</param>
    /// <param name="room">Bytes that are about to be written.</param>
    /// <param name="heldPlace">The place whose lock the caller holds; null if none.</param>
    internal static void Trim(FeatureCacheOptions options, long room, int? heldPlace)
    {
        string root = options.ResolveFolder();
        FileInfo[] segments = [.. Segments(root)];
        long excess = segments.Sum(Length) + room - options.MaxBytes;
        foreach (FileInfo segment in segments.OrderBy(segment => segment.LastWriteTimeUtc).ThenBy(segment => segment.FullName, StringComparer.Ordinal))
        {
            if (excess <= 0)
            {
                return;
            }

            excess -= Remove(root, segment, heldPlace);
        }
    }

    private static IEnumerable<FileInfo> Segments(string root) => Directory.Exists(root)
        ? new DirectoryInfo(root).EnumerateFiles("*" + FeatureSegment.Extension, new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 })
            .Where(file => FeatureSegmentWriter.PlaceOf(file.Name) is not null)
        : [];

    /// <summary>0 for a file that another process removed meanwhile.</summary>
    private static long Length(FileInfo file)
    {
        file.Refresh();
        return file.Exists ? file.Length : 0;
    }

    private static long CountRecords(FileInfo file)
    {
        try
        {
            using FileStream stream = new(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            byte[] header = new byte[FeatureSegment.HeaderBytes];
            return stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length && FeatureSegment.ValuesIn(header) is { } values
                ? (stream.Length - header.Length) / FeatureSegment.RecordBytes(values)
                : 0;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    /// <returns>The bytes freed: none where the file is in use.</returns>
    private static long Remove(string root, FileInfo segment, int? heldPlace)
    {
        int place = FeatureSegmentWriter.PlaceOf(segment.Name)!.Value;
        using FileLock? held = place == heldPlace ? null : FileLock.TryTake(FeatureSegmentWriter.LockPath(root, place));
        if (held is null && place != heldPlace)
        {
            return 0;
        }

        long bytes = Length(segment);
        segment.Delete();
        RemoveIfEmpty(segment.Directory!);
        return bytes;
    }

    private static void RemoveIfEmpty(DirectoryInfo folder)
    {
        if (!folder.Exists || folder.EnumerateFileSystemInfos().Any())
        {
            return;
        }

        try
        {
            folder.Delete();
        }
        catch (IOException)
        {
            // Another process has begun a file in it since.
            return;
        }
    }
}
