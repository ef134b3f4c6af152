namespace VggTransfer.FeatureCaching;

/// <summary>What the cache had of one recipe when this was opened: which record of which segment has an image's features.</summary>
internal sealed class FeatureIndex : IDisposable
{
    private readonly List<FeatureSegment> _segments = [];
    private readonly Dictionary<ImageHash, FeatureLocation> _locations = [];

    private FeatureIndex()
    {
    }

    /// <summary>How many images there are.</summary>
    public int Count => _locations.Count;

    /// <exception cref="IOException">The folder can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static FeatureIndex Open(FeatureRecipe recipe, FeatureCacheOptions options)
    {
        var index = new FeatureIndex();
        string folder = FeatureSegmentWriter.FolderOf(options.ResolveFolder(), recipe);
        if (Directory.Exists(folder))
        {
            foreach (string path in Directory.EnumerateFiles(folder, "*" + FeatureSegment.Extension).Order(StringComparer.Ordinal))
            {
                if (FeatureSegment.TryOpen(path, recipe) is { } segment)
                {
                    index.Add(segment);
                }
            }
        }

        return index;
    }

    /// <summary>Where an image's features are; null if they aren't there, or are damaged.</summary>
    public FeatureLocation? Find(ImageHash image) =>
        _locations.TryGetValue(image, out FeatureLocation location) && location.Segment.IsSound(location.Index) ? location : null;

    /// <summary>Notes that segments were of use, so that they are removed later than others.</summary>
    public static void Touch(IEnumerable<FeatureLocation> used)
    {
        foreach (FeatureSegment segment in used.Select(location => location.Segment).Distinct())
        {
            try
            {
                File.SetLastWriteTimeUtc(segment.Path, DateTime.UtcNow);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Removed meanwhile, or read-only: then nothing needs to be noted.
                continue;
            }
        }
    }

    public void Dispose()
    {
        foreach (FeatureSegment segment in _segments)
        {
            segment.Dispose();
        }
    }

    private void Add(FeatureSegment segment)
    {
        _segments.Add(segment);
        for (int i = 0; i < segment.Count; i++)
        {
            // The later record wins: it was written because the earlier one was damaged.
            _locations[segment.ImageAt(i)] = new FeatureLocation(segment, i);
        }
    }
}

/// <summary>A record's place.</summary>
internal readonly record struct FeatureLocation(FeatureSegment Segment, int Index)
{
    public float[] Read() => Segment.FeaturesAt(Index);
}
