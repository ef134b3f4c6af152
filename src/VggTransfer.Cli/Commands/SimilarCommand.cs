using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Backbones;
using VggTransfer.Features;
using VggTransfer.Similarity;

namespace VggTransfer.Cli;

/// <summary><c>similar FOLDER --query IMAGE</c>.</summary>
internal sealed class SimilarCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images to look among, at any depth" };
    private readonly Option<string[]> _query = new("--query") { Description = "Images, or folders of images, to find the like of", HelpName = "IMAGE...", Required = true, AllowMultipleArgumentsPerToken = true };
    private readonly Option<int> _top = ValueOption.Integer("--top", "How many to find for each", new OptionRange(1, 100_000), 20);
    private readonly Option<string?> _index = new("--index") { Description = "Keep the index in this file, and add only new images to it next time", HelpName = "FILE" };
    private readonly ReportOption _report = new();
    private readonly BackboneOptions _backbone = new();
    private readonly ImageOptions _image = new();
    private readonly FeatureCacheOption _featureCache = new();
    private readonly RunOptions _run = new();

    public SimilarCommand()
        : base("similar", "Finds the images of a folder that look most like others.")
    {
        Add(_folder);
        Add(_query);
        Add(_top);
        Add(_index);
        _report.AddTo(this);
        _backbone.AddTo(this);
        _image.AddTo(this);
        _featureCache.AddTo(this);
        Add(_run.BatchSize);
        Add(_run.Threads);
        Add(_run.Json);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer similar photos --query holiday.jpg",
        "vggtransfer similar photos --query holiday.jpg --top 5 --index photos.index --report similar.html",
        "vggtransfer similar photos --query new-photos --index photos.index --json > similar.json",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string folder = parsed.GetRequiredValue(_folder);
        string? report = _report.Check(parsed);
        string? index = parsed.GetValue(_index) is { } given ? OutputFile.Check(given, "--index") : null;
        IReadOnlyList<string> queries = ImageArguments.Expand(parsed.GetRequiredValue(_query), cancellationToken);
        int threads = parsed.GetValue(_run.Threads);
        using BackboneChoice backbone = _backbone.Open(parsed);
        screen.Announce(backbone.Describe(threads));
        foreach (string note in backbone.Notes)
        {
            screen.Announce(note);
        }

        // Without --index the index is a file all the same, and gone at the end.
        using TemporaryDirectory? temporary = index is null ? new TemporaryDirectory() : null;
        string file = index ?? temporary!.File("photos.index");
        var options = new SimilarImageIndexOptions
        {
            Backbone = new VggBackbone(backbone.Model),
            Layer = parsed.GetValue(_image.Layer),
            InputSize = parsed.GetValue(_image.InputSize),
            Orientation = _image.OrientationOf(parsed),
            FeatureCache = _featureCache.Read(parsed),
            BatchSize = parsed.GetValue(_run.BatchSize),
            Threads = threads,
        };
        SimilarImageIndexUpdate update = screen.Watch(progress =>
            SimilarImageIndex.Update(file, folder, options, new SynchronousProgress<SimilarImageProgress>(step => Show(step, progress)), cancellationToken));
        if (update.Rebuilt is not null)
        {
            screen.Warn($"The index '{parsed.GetValue(_index)}' was made anew: {update.Rebuilt}.");
        }

        using SimilarImageIndex opened = SimilarImageIndex.Open(file);
        IReadOnlyList<SimilarImagesFound> found = Search(opened, backbone, folder, queries, parsed.GetValue(_top), threads, cancellationToken);
        SkippedImages.Warn(screen, update.Skipped, []);
        var result = new SimilarReport(folder, parsed.GetValue(_index), opened, update, found, clock.Elapsed);
        if (report is not null)
        {
            result.WritePage(report);
        }

        if (parsed.GetValue(_run.Json))
        {
            Screen.WriteJson(result.ToJson());
        }
        else
        {
            result.Write(screen, report);
        }

        return ExitCode.Done;
    }

    private static SimilarImagesFound[] Search(SimilarImageIndex index, BackboneChoice backbone, string folder, IReadOnlyList<string> queries, int top, int threads, CancellationToken cancellationToken)
    {
        using FeatureExtractor extractor = index.CreateExtractor(new VggBackbone(backbone.Model));

        // A query that can't be read is an error: it was named, not found.
        float[][] features = [.. extractor.ExtractAll(queries, cancellationToken).Select(result => result.Values ?? throw result.Error!)];
        return [.. index.FindAll(features, top + 1, threads, cancellationToken).Select((similar, i) => new SimilarImagesFound(
            queries[i],
            [.. similar.Select(item => item with { Path = Path.Combine(folder, item.Path) })
                .Where(item => Path.GetFullPath(item.Path) != Path.GetFullPath(queries[i]))
                .Take(top)]))];
    }

    private static void Show(SimilarImageProgress step, IWorkProgress progress) =>
        progress.Report(step.Stage == SimilarImageStage.LookingForChanges ? "Looking for changes" : "Extracting features", step.Done, step.Total, "images");
}
