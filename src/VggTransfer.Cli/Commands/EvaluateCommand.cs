using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Classification;
using VggTransfer.Datasets;

namespace VggTransfer.Cli;

/// <summary><c>evaluate model.zip FOLDER</c>.</summary>
internal sealed class EvaluateCommand : ToolCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A model file that 'train', 'finetune' or 'fit' made" };
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images, in one subfolder for each class" };
    private readonly Option<bool> _tta = MirrorAveragingOption.Create();
    private readonly Option<double?> _rejectRate = RejectRateOption.Create();
    private readonly RunOptions _run = new();
    private readonly FeatureCacheOption _featureCache = new();
    private readonly ReportOption _report = new();

    public EvaluateCommand()
        : base("evaluate", "Judges a model on a folder of images whose classes are known.")
    {
        Add(_model);
        Add(_folder);
        Add(_tta);
        Add(_rejectRate);
        _featureCache.AddTo(this);
        _run.AddTo(this);
        _report.AddTo(this);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer evaluate model.zip test-photos",
        "vggtransfer evaluate model.zip test-photos --tta",
        "vggtransfer evaluate model.zip test-photos --json > result.json",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string model = parsed.GetRequiredValue(_model);
        string? page = _report.Check(parsed);
        var options = new ImageClassifierOptions
        {
            BatchSize = parsed.GetValue(_run.BatchSize),
            Threads = parsed.GetValue(_run.Threads),
            MirrorAveraging = parsed.GetValue(_tta),
            FalseRejectRate = RejectRateOption.ValueOf(parsed, _rejectRate),
            FeatureCache = _featureCache.Read(parsed),
        };
        using ImageClassifier classifier = ModelFile.Load(model, options);
        ImageFolder folder = ImageFolder.Open(parsed.GetRequiredValue(_folder), cancellationToken);
        screen.Announce(ModelLine.Of(classifier.Description, options));
        EvaluationResult result = screen.Watch(progress =>
            classifier.Evaluate(folder, new SynchronousProgress<int>(done => progress.Report("Classifying", done, folder.Images.Count, "images")), cancellationToken));
        if (parsed.GetValue(_run.Strict) && result.Skipped.Count > 0)
        {
            throw new IOException(result.Skipped[0].Reason);
        }

        IReadOnlyList<string> warnings = [.. FolderWarnings.Of(folder), .. result.CacheWarning is { } warning ? [warning] : Array.Empty<string>()];
        SkippedImages.Warn(screen, result.Skipped, warnings);
        if (page is not null)
        {
            screen.Announce($"Writing the report {page} ...");
            ClassificationFindings findings = ClassificationFacts.Of(result, classifier.Description, folder.Path, model, ClassificationFacts.CommandOf(parsed), warnings, clock.Elapsed);
            new ClassificationPage(findings).Write(page, $"{Path.GetFileName(model)} on {folder.Path}", cancellationToken);
        }

        if (parsed.GetValue(_run.Json))
        {
            Screen.WriteJson(new
            {
                Model = model,
                Folder = folder.Path,
                options.MirrorAveraging,
                options.FalseRejectRate,
                Metrics = MetricsReport.ToJson(result.Metrics),
                result.Unknown,
                result.Skipped,
                result.FromCache,
                Warnings = warnings,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
            });
        }
        else
        {
            MetricsReport.Write(screen, result.Metrics);
            if (result.Unknown is { } unknown)
            {
                Console.Out.WriteLine($"Taken for none of the classes: {unknown} of {result.Metrics.Count} images ({ResultTable.Percent((double)unknown / result.Metrics.Count)}; {ResultTable.Percent(options.FalseRejectRate)} expected).");
            }

            Console.Out.WriteLine($"{SkippedImages.Count(result.Metrics.Count, result.Skipped.Count)}{CachedImages.Describe(result.FromCache)}, in {clock.Elapsed.TotalSeconds:0.0} s.");
            ReportLine.Write(page);
        }

        return ExitCode.Done;
    }
}
