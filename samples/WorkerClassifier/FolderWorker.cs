using System.Threading.Channels;
using Microsoft.Extensions.Options;
using VggTransfer.Classification;

/// <summary>Classifies what appears in a folder: at once where the system tells of it, at the next look at the whole folder otherwise.</summary>
internal sealed partial class FolderWorker(IImageClassifier classifier, IOptions<WatchOptions> options, ILogger<FolderWorker> logger) : BackgroundService
{
    private readonly string _folder = Path.GetFullPath(options.Value.Folder);
    private readonly TimeSpan _settle = TimeSpan.FromSeconds(options.Value.SettleSeconds);
    private readonly TimeSpan _rescan = TimeSpan.FromSeconds(options.Value.RescanSeconds);

    // One wish to look is as good as many.
    private readonly Channel<bool> _looks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Directory.CreateDirectory(_folder);
        using var results = new ResultFile(options.Value.Output);
        using var watcher = new FileSystemWatcher(_folder) { IncludeSubdirectories = true, InternalBufferSize = 65_536 };
        watcher.Created += (_, _) => Look();
        watcher.Changed += (_, _) => Look();
        watcher.Renamed += (_, _) => Look();
        watcher.Error += (_, _) => Look();
        watcher.EnableRaisingEvents = true;
        LogStart(_folder, results.Done.Count);
        try
        {
            while (true)
            {
                bool unsettled = await ClassifyNewFilesAsync(results, stoppingToken);
                await WaitAsync(unsettled ? _settle : _rescan, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogStop(results.Done.Count);
        }
    }

    private void Look() => _looks.Writer.TryWrite(true);

    private async Task WaitAsync(TimeSpan longest, CancellationToken stoppingToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        time.CancelAfter(longest);
        try
        {
            await _looks.Reader.ReadAsync(time.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // Nobody told of anything: time for a look at the whole folder.
            return;
        }
    }

    /// <returns>Whether there are files that may still be written to.</returns>
    private async Task<bool> ClassifyNewFilesAsync(ResultFile results, CancellationToken stoppingToken)
    {
        bool unsettled = false;
        foreach (FileInfo file in new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal))
        {
            string name = Path.GetRelativePath(_folder, file.FullName).Replace('\\', '/');
            DateTime modified = file.LastWriteTimeUtc;
            if (Path.GetFileName(name).StartsWith('.') || results.Done.Contains((name, modified)))
            {
                continue;
            }

            if (DateTime.UtcNow - modified < _settle)
            {
                unsettled = true;
                continue;
            }

            results.Add(await ClassifyAsync(file.FullName, name, modified, stoppingToken));
        }

        return unsettled;
    }

    private async Task<ClassifiedFile> ClassifyAsync(string path, string name, DateTime modified, CancellationToken stoppingToken)
    {
        try
        {
            ImagePrediction prediction = await classifier.ClassifyAsync(path, stoppingToken);
            return new ClassifiedFile(name, modified, prediction.IsUnknown ? "" : prediction.Label ?? "", prediction.Probability, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(e.Message);
            return new ClassifiedFile(name, modified, "", 0, e.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "Watching {Folder}; {Count} files are done already.")]
    private partial void LogStart(string folder, int count);

    [LoggerMessage(LogLevel.Information, "Stopped; {Count} files are done.")]
    private partial void LogStop(int count);

    [LoggerMessage(LogLevel.Warning, "{Message}")]
    private partial void LogUnreadable(string message);
}
