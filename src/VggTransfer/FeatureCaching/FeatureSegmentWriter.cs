using System.Globalization;
using VggTransfer.Files;

namespace VggTransfer.FeatureCaching;

/// <summary>
/// Appends records to segments of one recipe. A writer holds one of the cache's numbered places, and with it alone the right to
/// write and to remove files of that number; so many processes write at once without waiting for each other, and one after
/// another they go on with the same file.
/// </summary>
internal sealed class FeatureSegmentWriter : IDisposable
{
    private const int Places = 64;

    /// <summary>A file is removed whole, so it must not be too large a part of the cache.</summary>
    private const long LargestSegment = 64 << 20;

    private readonly string _folder;
    private readonly FeatureRecipe _recipe;
    private readonly FeatureCacheOptions _options;
    private readonly FileLock _lock;
    private readonly int _place;
    private readonly byte[] _record;
    private FileStream? _stream;

    private FeatureSegmentWriter(string folder, FeatureRecipe recipe, FeatureCacheOptions options, FileLock held, int place)
    {
        _folder = folder;
        _recipe = recipe;
        _options = options;
        _lock = held;
        _place = place;
        _record = new byte[FeatureSegment.RecordBytes(recipe.Values)];
    }

    /// <summary>Takes a place; null if all are taken.</summary>
    /// <exception cref="IOException">The folder can't be made or written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static FeatureSegmentWriter? TryOpen(FeatureRecipe recipe, FeatureCacheOptions options)
    {
        string root = options.ResolveFolder();
        CreateFolder(root);
        for (int place = 0; place < Places; place++)
        {
            if (FileLock.TryTake(LockPath(root, place)) is { } held)
            {
                return new FeatureSegmentWriter(FolderOf(root, recipe), recipe, options, held, place);
            }
        }

        return null;
    }

    /// <summary>The folder of one recipe's segments.</summary>
    public static string FolderOf(string root, FeatureRecipe recipe) => Path.Combine(root, Convert.ToHexStringLower(recipe.Id.AsSpan(0, 16)));

    /// <summary>The place that a segment belongs to; null for a file that isn't called like a segment.</summary>
    public static int? PlaceOf(string segment)
    {
        string[] parts = Path.GetFileNameWithoutExtension(segment).Split('-');
        return parts.Length == 2 && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int place) && place < Places ? place : null;
    }

    /// <summary>The lock that whoever writes or removes segments of a place must hold.</summary>
    public static string LockPath(string root, int place) => Path.Combine(root, $"{place}.lock");

    /// <exception cref="IOException">The disk is full, and the like.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public void Add(ImageHash image, ReadOnlySpan<float> features)
    {
        if (_stream is null || _stream.Position + _record.Length > SegmentLimit)
        {
            Advance();
        }

        FeatureSegment.Write(_recipe, image, features, _record);
        _stream!.Write(_record);
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _lock.Dispose();
    }

    private long SegmentLimit => Math.Min(LargestSegment, _options.MaxBytes / 8);

    /// <summary>Goes to the first segment of this place that has room, or begins one.</summary>
    private void Advance()
    {
        _stream?.Dispose();
        _stream = null;
        FeatureCache.Trim(_options, SegmentLimit, _place);
        for (int number = 0; ; number++)
        {
            FileStream stream = Open(Path.Combine(_folder, $"{_place}-{number}{FeatureSegment.Extension}"));
            if (Continue(stream))
            {
                _stream = stream;
                return;
            }

            stream.Dispose();
        }
    }

    private FileStream Open(string path)
    {
        const int attempts = 3;
        for (int attempt = 1; ; attempt++)
        {
            CreateFolder(_folder);
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete, bufferSize: 0);
            }
            catch (DirectoryNotFoundException) when (attempt < attempts)
            {
                // Another process found the folder empty and removed it in this very moment.
                continue;
            }
        }
    }

    /// <summary>Stands behind the last whole record; false where there is no room, or the file is something else.</summary>
    private bool Continue(FileStream stream)
    {
        byte[] header = FeatureSegment.Header(_recipe);
        if (stream.Length < FeatureSegment.HeaderBytes)
        {
            // New, or its writer was killed before it had written so much.
            stream.Write(header);
            return true;
        }

        byte[] found = new byte[FeatureSegment.HeaderBytes];
        stream.ReadExactly(found);
        long records = (stream.Length - FeatureSegment.HeaderBytes) / _record.Length;

        // What a killed writer left of a record is written over.
        stream.Position = FeatureSegment.HeaderBytes + (records * _record.Length);

        // A segment takes one record at least, however large.
        return found.AsSpan().SequenceEqual(header) && (records == 0 || stream.Position + _record.Length <= SegmentLimit);
    }

    /// <summary>For this user alone: what is in it becomes part of models.</summary>
    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
