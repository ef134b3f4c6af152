using System.Numerics.Tensors;
using System.Security.Cryptography;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Files;
using VggTransfer.Images;

namespace VggTransfer.Similarity;

/// <summary>Brings an index file up to date with a folder.</summary>
internal sealed class IndexUpdater
{
    private readonly string _path;
    private readonly string _folder;
    private readonly SimilarImageIndexOptions _options;
    private readonly IProgress<SimilarImageProgress>? _progress;
    private readonly CancellationToken _cancellationToken;
    private readonly List<SkippedImage> _skipped = [];

    /// <param name="path">The index file; it need not exist.</param>
    /// <param name="folder">The images.</param>
    /// <param name="options">Which features; with a backbone.</param>
    /// <param name="progress">Told how far the work is.</param>
    /// <param name="cancellationToken">Ends the work between two images or batches.</param>
    public IndexUpdater(string path, string folder, SimilarImageIndexOptions options, IProgress<SimilarImageProgress>? progress, CancellationToken cancellationToken)
    {
        _path = path;
        _folder = folder;
        _options = options;
        _progress = progress;
        _cancellationToken = cancellationToken;
    }

    public SimilarImageIndexUpdate Run()
    {
        IReadOnlyList<string> files = ImageFolder.ListImages(_folder, _cancellationToken);
        var settings = IndexSettings.Of(_options.Backbone!, _options);
        SimilarImageIndex? old = File.Exists(_path) ? SimilarImageIndex.Open(_path) : null;
        try
        {
            string? rebuilt = old is null ? null : settings.DifferenceFrom(old.Settings);
            var known = new KnownImages(rebuilt is null ? old : null);
            IndexEntry?[] entries = Describe(files, known, settings.Decoding);
            Dictionary<string, ReadOnlyMemory<Half>> fresh = Extract(files, entries, known, settings, out int dimension);
            (IndexEntry Entry, ReadOnlyMemory<Half> Vector)[] pictures =
            [
                .. entries.OfType<IndexEntry>()
                    .Where(entry => known.Contains(entry.ContentHash) || fresh.ContainsKey(entry.ContentHash))
                    .Select(entry => (entry, known.Contains(entry.ContentHash) ? known.Vector(entry.ContentHash) : fresh[entry.ContentHash])),
            ];
            if (pictures.Length == 0)
            {
                throw new InvalidImageFolderException(_folder, $"none of its {files.Count} images can be read; the first: {_skipped[0].Reason.TrimEnd('.')}");
            }

            if (old is null || rebuilt is not null || !old.Entries.SequenceEqual(pictures.Select(picture => picture.Entry)))
            {
                AtomicFile.Write(_path, stream =>
                {
                    IndexFileWriter.Write(stream, settings, dimension, pictures);

                    // Windows doesn't replace a file that is mapped.
                    old?.Dispose();
                });
            }

            HashSet<string> contents = [.. pictures.Select(picture => picture.Entry.ContentHash)];
            return new SimilarImageIndexUpdate(
                pictures.Length,
                pictures.Count(picture => !known.Contains(picture.Entry.ContentHash)),
                pictures.Count(picture => known.Contains(picture.Entry.ContentHash)),
                old?.Entries.Count(entry => !contents.Contains(entry.ContentHash)) ?? 0,
                _skipped,
                rebuilt);
        }
        finally
        {
            old?.Dispose();
        }
    }

    /// <summary>Hashes what isn't known by path, length and time; null for files that can't be read.</summary>
    private IndexEntry?[] Describe(IReadOnlyList<string> files, KnownImages known, ImageDecodeOptions decoding)
    {
        var entries = new IndexEntry?[files.Count];
        string?[] errors = new string?[files.Count];
        int done = 0;
        _progress?.Report(new SimilarImageProgress(SimilarImageStage.LookingForChanges, 0, files.Count));
        Parallel.For(0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = _cancellationToken }, i =>
        {
            try
            {
                entries[i] = Describe(files[i], known, decoding);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                errors[i] = e.Message;
            }

            lock (errors)
            {
                _progress?.Report(new SimilarImageProgress(SimilarImageStage.LookingForChanges, ++done, files.Count));
            }
        });
        _skipped.AddRange(Enumerable.Range(0, files.Count).Where(i => errors[i] is not null).Select(i => new SkippedImage(files[i], errors[i]!)));
        return entries;
    }

    private IndexEntry Describe(string file, KnownImages known, ImageDecodeOptions decoding)
    {
        string path = Path.GetRelativePath(_folder, file).Replace(Path.DirectorySeparatorChar, '/');
        var info = new FileInfo(file);
        (long length, long modified) = (info.Length, info.LastWriteTimeUtc.Ticks);
        if (known.Find(path) is { } same && same.Length == length && same.Modified == modified)
        {
            return same;
        }

        using FileContent content = FileContent.Read(file, decoding);
        return new IndexEntry(path, Convert.ToHexStringLower(SHA256.HashData(content.Memory.Span)), length, modified);
    }

    /// <summary>The vectors of contents that the index doesn't have, by their hashes.</summary>
    private Dictionary<string, ReadOnlyMemory<Half>> Extract(IReadOnlyList<string> files, IndexEntry?[] entries, KnownImages known, IndexSettings settings, out int dimension)
    {
        int[] missing = [.. Enumerable.Range(0, files.Count).Where(i => entries[i] is { } entry && !known.Contains(entry.ContentHash)).DistinctBy(i => entries[i]!.ContentHash)];
        var fresh = new Dictionary<string, ReadOnlyMemory<Half>>(missing.Length, StringComparer.Ordinal);
        dimension = known.Dimension;
        if (missing.Length == 0)
        {
            return fresh;
        }

        _progress?.Report(new SimilarImageProgress(SimilarImageStage.ExtractingFeatures, 0, missing.Length));
        using var extractor = new CachedFeatureExtractor(_options.Backbone!, new FeatureExtractorOptions
        {
            Layer = FeatureLayer.Parse(settings.Layer),
            InputSize = settings.InputSize,
            Decoding = settings.Decoding,
            BatchSize = _options.BatchSize,
            Threads = _options.Threads,
            Parallelism = FeatureParallelism.Images,
        }, _options.FeatureCache);
        dimension = extractor.Dimension;
        foreach ((int i, ImageFeatures result) in extractor.Extract([.. missing.Select(place => files[place])], _cancellationToken).Results.Index())
        {
            if (result.Values is null)
            {
                _skipped.Add(new SkippedImage(result.Name, result.Error!.Message));
            }
            else
            {
                Half[] vector = new Half[result.Values.Length];
                TensorPrimitives.ConvertToHalf(SimilarImageIndex.Normalize(result.Values), vector);
                fresh.Add(entries[missing[i]]!.ContentHash, vector);
            }

            _progress?.Report(new SimilarImageProgress(SimilarImageStage.ExtractingFeatures, i + 1, missing.Length));
        }

        return fresh;
    }

    /// <summary>What an index has already, by path and by content.</summary>
    private sealed class KnownImages
    {
        private readonly SimilarImageIndex? _index;
        private readonly Dictionary<string, IndexEntry> _byPath = new(StringComparer.Ordinal);
        private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);

        public KnownImages(SimilarImageIndex? index)
        {
            _index = index;
            foreach ((int row, IndexEntry entry) in (index?.Entries ?? []).Index())
            {
                _byPath.Add(entry.Path, entry);
                _rows.TryAdd(entry.ContentHash, row);
            }
        }

        public int Dimension => _index?.Dimension ?? 0;

        public IndexEntry? Find(string path) => _byPath.GetValueOrDefault(path);

        public bool Contains(string contentHash) => _rows.ContainsKey(contentHash);

        public ReadOnlyMemory<Half> Vector(string contentHash) => _index!.Vector(_rows[contentHash]);
    }
}
