using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.PretrainedModels;

/// <summary>
/// Pretrained weights by name: the backbone that comes with the library (<see cref="PretrainedBackbones"/>), and the
/// published files of the catalog, which are fetched once into a cache and from then on used without a network. All methods
/// may be called from many threads and processes at once.
/// </summary>
/// <remarks>
/// A published file is fetched over https, compared with its checksum, and rewritten once as safetensors, which opens in no
/// time and says which preprocessing its weights want. Only whole, verified files get their names.
/// </remarks>
public static class Pretrained
{
    /// <summary>The catalog with what of it is in the cache; looks at names and lengths only.</summary>
    /// <param name="options">Where the cache is; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no place for a cache.</exception>
    public static IReadOnlyList<PretrainedStatus> List(PretrainedOptions? options = null)
    {
        options = (options ?? new PretrainedOptions()).Validated();
        string folder = options.ResolveCacheFolder();
        return
        [
            .. options.EffectiveCatalog.Entries.Select(entry =>
            {
                var cache = new PretrainedCache(entry, folder);
                return new PretrainedStatus(entry, cache.FindReady()?.Path, File.Exists(cache.SourcePath) ? cache.SourcePath : null);
            }),
        ];
    }

    /// <summary>What the cache holds of the catalog; changes nothing.</summary>
    /// <param name="options">Where the cache is; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no place for a cache.</exception>
    /// <exception cref="IOException">The folder can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be read.</exception>
    public static PretrainedCacheInfo InspectCache(PretrainedOptions? options = null)
    {
        FileInfo[][] networks = [.. CachesOf(options).Select(cache => cache.Files().ToArray()).Where(files => files.Length > 0)];
        return new PretrainedCacheInfo(networks.Length, networks.Sum(files => files.Length), networks.Sum(files => files.Sum(file => file.Length)));
    }

    /// <summary>Empties the cache, but for what is being fetched or converted at this moment.</summary>
    /// <param name="options">Where the cache is; null for the defaults.</param>
    /// <returns>The bytes that were freed.</returns>
    /// <exception cref="ArgumentException">There is no place for a cache.</exception>
    /// <exception cref="IOException">A file can't be removed.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be removed.</exception>
    public static long ClearCache(PretrainedOptions? options = null) => CachesOf(options).Sum(cache => cache.Clear());

    private static IEnumerable<PretrainedCache> CachesOf(PretrainedOptions? options)
    {
        options = (options ?? new PretrainedOptions()).Validated();
        return options.EffectiveCatalog.Entries.Select(entry => CacheOf(entry, options));
    }

    /// <summary>The path of weights that are ready to open; null if they have to be fetched or converted first.</summary>
    /// <param name="name">A name of the catalog, or of a backbone that comes with the library.</param>
    /// <param name="options">Where the cache is; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is no such name, or no place for a cache.</exception>
    public static string? PathOf(string name, PretrainedOptions? options = null)
    {
        options = (options ?? new PretrainedOptions()).Validated();
        return IsBackbone(name) ? PretrainedBackbones.Path(name) : CacheOf(Find(name, options), options).FindReady()?.Path;
    }

    /// <summary>Gets weights ready: from the cache if they are there, otherwise from where they are published.</summary>
    /// <param name="name">A name of the catalog, or of a backbone that comes with the library.</param>
    /// <param name="options">Where to fetch from and where to keep it; null for the defaults.</param>
    /// <param name="progress">Told how far it is, at most ten times a second; null if nobody wants to know.</param>
    /// <param name="cancellationToken">Stops it; what has arrived is gone on from the next time.</param>
    /// <returns>The full path of a safetensors file, which <see cref="Weights.WeightsFile.Read(string, WeightsReadOptions?)"/> opens.</returns>
    /// <exception cref="ArgumentException">There is no such name, an option is out of range, or the mirror isn't an address.</exception>
    /// <exception cref="PretrainedDownloadException">It couldn't be fetched; the message says which file to put where by hand.</exception>
    /// <exception cref="InvalidModelFileException">The published file can't be read, or holds another network.</exception>
    /// <exception cref="IOException">The disk is full, and the like.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache may not be written.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<string> GetAsync(
        string name,
        PretrainedOptions? options = null,
        IProgress<PretrainedProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options = (options ?? new PretrainedOptions()).Validated();
        if (IsBackbone(name))
        {
            return PretrainedBackbones.Path(name);
        }

        PretrainedEntry entry = Find(name, options);
        Uri address = options.AddressOf(entry);
        PretrainedCache cache = CacheOf(entry, options);
        var meter = new ProgressMeter(entry.Name, progress, options.Time);
        if (cache.FindReady() is not { } ready)
        {
            CreateFolder(cache.Folder);
            using FileLock taken = await FileLock.TakeAsync(cache.LockPath, () => meter.Report(PretrainedStage.Waiting), cancellationToken).ConfigureAwait(false);

            // Whoever had the lock before may have done the work.
            ready = cache.FindReady() ?? await PrepareAsync(entry, address, cache, options, meter, cancellationToken).ConfigureAwait(false);
        }

        meter.Report(new PretrainedProgress(entry.Name, PretrainedStage.Ready, ready.Record.ReadyBytes, ready.Record.ReadyBytes));
        return ready.Path;
    }

    private static void CreateFolder(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The cache folder '{path}' can't be made: {e.Message.TrimEnd('.')}. Name another one: {nameof(PretrainedOptions)}.{nameof(PretrainedOptions.CacheFolder)}, --cache on the command line, or the environment variable VGGTRANSFER_CACHE.", e);
        }
    }

    /// <summary>Reads what is in the cache and compares it with what was published; changes nothing.</summary>
    /// <param name="name">A name of the catalog.</param>
    /// <param name="options">Where the cache is; null for the defaults.</param>
    /// <param name="progress">Told how far it is; null if nobody wants to know.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ArgumentException">There is no such name.</exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static async Task<PretrainedVerification> VerifyAsync(
        string name,
        PretrainedOptions? options = null,
        IProgress<PretrainedProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options = (options ?? new PretrainedOptions()).Validated();
        PretrainedEntry entry = Find(name, options);
        PretrainedCache cache = CacheOf(entry, options);
        var meter = new ProgressMeter(entry.Name, progress, options.Time);
        string? sha256 = null;
        if (File.Exists(cache.SourcePath))
        {
            FileHashes source = await HashAsync(cache.SourcePath, meter, cancellationToken).ConfigureAwait(false);
            sha256 = source.Sha256;
            if (source.Fault(entry) is { } fault)
            {
                return new PretrainedVerification(entry, PretrainedVerdict.Damaged, $"'{cache.SourcePath}' isn't what was published: {fault}. Delete it and fetch it again.", sha256);
            }
        }

        if (cache.FindReady() is { } ready)
        {
            FileHashes converted = await HashAsync(ready.Path, meter, cancellationToken).ConfigureAwait(false);
            sha256 ??= ready.Record.SourceSha256;
            if (converted.Sha256 != ready.Record.ReadySha256)
            {
                return new PretrainedVerification(entry, PretrainedVerdict.Damaged, $"'{ready.Path}' has changed since it was made: its sha256 is {converted.Sha256} instead of {ready.Record.ReadySha256}. Delete it and fetch it again.", sha256);
            }
        }

        if (sha256 is null)
        {
            return new PretrainedVerification(entry, PretrainedVerdict.Missing, $"Nothing of '{entry.Name}' is in '{cache.Folder}'.", null);
        }

        return entry.HasChecksum
            ? new PretrainedVerification(entry, PretrainedVerdict.Sound, $"'{entry.Name}' is what was published.", sha256)
            : new PretrainedVerification(entry, PretrainedVerdict.Unpublished, $"'{entry.Name}' is undamaged; no checksum was published to compare it with, and its sha256 is {sha256}.", sha256);
    }

    private static async Task<(string Path, CacheRecord Record)> PrepareAsync(
        PretrainedEntry entry,
        Uri address,
        PretrainedCache cache,
        PretrainedOptions options,
        ProgressMeter meter,
        CancellationToken cancellationToken)
    {
        (FileHashes source, bool fetched) = await SourceAsync(entry, address, cache, options, meter, cancellationToken).ConfigureAwait(false);
        string path = cache.ReadyPath(source);
        meter.Report(PretrainedStage.Converting);
        try
        {
            await Task.Run(() => PretrainedConversion.Convert(entry, cache.SourcePath, path, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidModelFileException) when (fetched && !entry.HasChecksum)
        {
            // Nothing but its content could tell that this isn't the published file.
            File.Delete(cache.SourcePath);
            throw;
        }

        FileHashes converted = await HashAsync(path, meter, cancellationToken).ConfigureAwait(false);
        var record = new CacheRecord
        {
            SourceBytes = source.Bytes,
            SourceSha256 = source.Sha256,
            SourceMd5 = source.Md5,
            ReadyFile = Path.GetFileName(path),
            ReadyBytes = converted.Bytes,
            ReadySha256 = converted.Sha256,
        };
        cache.WriteRecord(record);
        if (!options.KeepSource)
        {
            File.Delete(cache.SourcePath);
        }

        return (path, record);
    }

    /// <summary>The published file: the one that lies in the cache (or was put there by hand) if it is the right one, otherwise a fetched one.</summary>
    private static async Task<(FileHashes Hashes, bool Fetched)> SourceAsync(
        PretrainedEntry entry,
        Uri address,
        PretrainedCache cache,
        PretrainedOptions options,
        ProgressMeter meter,
        CancellationToken cancellationToken)
    {
        string? fault = null;
        if (File.Exists(cache.SourcePath))
        {
            FileHashes present = await HashAsync(cache.SourcePath, meter, cancellationToken).ConfigureAwait(false);
            fault = present.Fault(entry);
            if (fault is null)
            {
                return (present, false);
            }
        }

        if (options.Offline)
        {
            throw new PretrainedDownloadException(entry, address, cache.SourcePath, fault is null ? "the network isn't to be used, and it isn't in the cache" : $"the network isn't to be used, and of what is in the cache, {fault}");
        }

        return (await new PretrainedDownload(entry, address, cache.SourcePath, options, meter).RunAsync(cancellationToken).ConfigureAwait(false), true);
    }

    private static Task<FileHashes> HashAsync(string path, ProgressMeter meter, CancellationToken cancellationToken)
    {
        long length = new FileInfo(path).Length;
        return FileHashes.OfAsync(path, bytes => meter.Report(PretrainedStage.Verifying, bytes, length), cancellationToken);
    }

    private static PretrainedCache CacheOf(PretrainedEntry entry, PretrainedOptions options) => new(entry, options.ResolveCacheFolder());

    private static bool IsBackbone(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name == PretrainedBackbones.DefaultName || PretrainedBackbones.Names.Contains(name, StringComparer.Ordinal);
    }

    private static PretrainedEntry Find(string name, PretrainedOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return options.EffectiveCatalog.Find(name)
            ?? throw new ArgumentException($"There are no pretrained weights '{MessageText.Shorten(name)}'; there are {string.Join(", ", PretrainedBackbones.Names.Concat(options.EffectiveCatalog.Entries.Select(entry => entry.Name)))}.", nameof(name));
    }
}
