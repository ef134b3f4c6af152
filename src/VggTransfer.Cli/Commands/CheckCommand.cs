using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Backbones;
using VggTransfer.DataQuality;
using VggTransfer.Datasets;
using VggTransfer.Models;

namespace VggTransfer.Cli;

/// <summary><c>check FOLDER</c>.</summary>
internal sealed class CheckCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images, in one subfolder for each class, or all in it" };
    private readonly Option<string?> _validation = new("--validation") { Description = "Images to validate on, compared with those in FOLDER", HelpName = "FOLDER" };
    private readonly CheckOptions _check = new();
    private readonly ReportOption _report = new();
    private readonly BackboneOptions _backbone = new();
    private readonly ImageOptions _image = new();
    private readonly Option<OnnxPrecision?> _precision = PrecisionOption.CreateAuto();
    private readonly Option<int> _seed = ValueOption.Seed("Seed of cross-validation", allowNegative: true);
    private readonly FeatureCacheOption _featureCache = new();
    private readonly RunOptions _run = new();

    public CheckCommand()
        : base("check", "Looks for what spoils a training: copies, wrong labels, broken and odd files; proposes, and moves if asked to.")
    {
        Add(_folder);
        Add(_validation);
        _check.AddTo(this);
        _report.AddTo(this);
        _backbone.AddTo(this);
        _image.AddTo(this);
        Add(_precision);
        Add(_seed);
        _featureCache.AddTo(this);
        Add(_run.BatchSize);
        Add(_run.Threads);
        Add(_run.Json);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer check photos",
        "vggtransfer check photos --validation more-photos --report check.html",
        "vggtransfer check photos --quick --json > check.json",
        "vggtransfer check photos --move-to set-aside --move unreadable,exact-duplicate",
        "vggtransfer check photos --undo set-aside",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string path = parsed.GetRequiredValue(_folder);
        string? validationPath = parsed.GetValue(_validation);
        string[] folders = [path, .. validationPath is null ? Array.Empty<string>() : [validationPath]];
        if (_check.Undo(parsed) is { } moved)
        {
            return Undo(moved, folders, parsed.GetValue(_run.Json), screen, cancellationToken);
        }

        string? report = _report.Check(parsed);
        if (_check.MoveTo(parsed) is { } directory)
        {
            ImageMoves.CheckDirectory(folders, directory);
        }

        int threads = parsed.GetValue(_run.Threads);
        ImageFolder folder = ImageFolder.OpenLabeledOrFlat(path, cancellationToken);
        ImageFolder? validation = validationPath is null ? null : ImageFolder.OpenLabeledOrFlat(validationPath, cancellationToken);
        ImageFolderCheckOptions options = _check.Create(parsed);
        using BackboneChoice? backbone = options.UseNetwork ? _backbone.Open(parsed) : null;
        if (backbone is null)
        {
            screen.Announce($"No network (--quick), CPU, {BackboneChoice.Threads(threads)}.");
        }
        else
        {
            foreach (string line in backbone.Notes.Prepend(backbone.Describe(threads)))
            {
                screen.Announce(line);
            }
        }

        ImageFolderCheckResult result = screen.Watch(progress => ImageFolderCheck.Run(
            folder,
            options with
            {
                Backbone = backbone is null ? null : new VggBackbone(backbone.Model),
                Validation = validation,
                Layer = parsed.GetValue(_image.Layer),
                InputSize = parsed.GetValue(_image.InputSize),
                Precision = parsed.GetValue(_precision),
                Orientation = _image.OrientationOf(parsed),
                FeatureCache = _featureCache.Read(parsed),
                Seed = parsed.GetValue(_seed),
                BatchSize = parsed.GetValue(_run.BatchSize),
                Threads = threads,
            },
            new SynchronousProgress<ImageCheckProgress>(step => Show(step, progress)),
            cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        foreach (string warning in FolderWarnings.Of(folder).Concat(validation is null ? [] : FolderWarnings.Of(validation)))
        {
            screen.Warn(warning);
        }

        // Before anything moves: it shows the pictures.
        var found = new CheckReport(path, validationPath, result, clock);
        if (report is not null)
        {
            new CheckPage(path, validationPath, result).Write(report, clock.Elapsed);
        }

        IReadOnlyList<ImageProblem> kinds = _check.Moved(parsed);
        IReadOnlyList<MovedImage>? moves = _check.MoveTo(parsed) is { } target
            ? ImageMoves.Apply(result.Proposals.Where(proposal => kinds.Contains(proposal.Problem)), folders, target, cancellationToken)
            : null;
        if (parsed.GetValue(_run.Json))
        {
            Screen.WriteJson(found.ToJson(moves));
        }
        else
        {
            found.Write(screen, moves, report);
        }

        return _check.ExitCodeOf(parsed, result);
    }

    private static int Undo(string directory, string[] folders, bool json, Screen screen, CancellationToken cancellationToken)
    {
        (IReadOnlyList<MovedImage> undone, IReadOnlyList<MovedImage> blocked) = ImageMoves.Undo(directory, folders, cancellationToken);
        foreach (MovedImage move in blocked)
        {
            screen.Warn($"'{move.To}' stays: there is another file at '{move.From}'.");
        }

        if (json)
        {
            Screen.WriteJson(new { Undone = undone, Blocked = blocked });
        }
        else
        {
            Console.Out.WriteLine($"{undone.Count} of {undone.Count + blocked.Count} images are back where they were.");
        }

        return blocked.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Show(ImageCheckProgress step, IWorkProgress progress)
    {
        (string stage, string unit) = step.Stage switch
        {
            ImageCheckStage.ReadingImages => ("Reading images", "images"),
            ImageCheckStage.FindingDuplicates => ("Looking for copies", "done"),
            ImageCheckStage.ChoosingPrecision => ("Comparing int8 with fp32", "images"),
            ImageCheckStage.ExtractingFeatures => ("Extracting features", "images"),
            ImageCheckStage.SelectingLayer => ("Comparing layers and L2", "trials"),
            ImageCheckStage.CheckingLabels => ("Checking labels", "heads"),
            _ => ("Looking for outliers", "images"),
        };
        progress.Report(stage, step.Done, step.Total, unit);
    }
}
