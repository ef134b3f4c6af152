using System.CommandLine;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Features;

namespace VggTransfer.Cli;

/// <summary><c>predict model.zip IMAGE-or-FOLDER...</c>.</summary>
internal sealed class PredictCommand : ToolCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A model file that 'train', 'finetune' or 'fit' made" };
    private readonly Argument<string[]> _images = new("IMAGE") { Description = "Images, and folders of images at any depth", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int> _top = ValueOption.Integer("--top", "How many of the most probable classes to print", new OptionRange(1, 1000), 1);
    private readonly Option<bool> _csv = new("--csv") { Description = "Print rows of comma-separated values on standard output" };
    private readonly Option<bool> _tta = MirrorAveragingOption.Create();
    private readonly Option<double?> _rejectRate = RejectRateOption.Create();
    private readonly FeatureCacheOption _featureCache = new();
    private readonly RunOptions _run = new();

    public PredictCommand()
        : base("predict", "Classifies images.")
    {
        Add(_model);
        Add(_images);
        Add(_top);
        Add(_csv);
        Add(_tta);
        Add(_rejectRate);
        _featureCache.AddTo(this);
        _run.AddTo(this);
        Validators.Add(result =>
        {
            if (result.GetValue(_csv) && result.GetValue(_run.Json))
            {
                result.AddError("--csv and --json exclude each other.");
            }
        });
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer predict model.zip photo.jpg",
        "vggtransfer predict model.zip new-photos --top 3",
        "vggtransfer predict model.zip new-photos --tta",
        "vggtransfer predict model.zip new-photos --csv > predictions.csv",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string[] images = parsed.GetRequiredValue(_images);
        var options = new ImageClassifierOptions
        {
            // One picture is computed before Winograd's factors would be ready.
            Algorithm = images.Length == 1 && File.Exists(images[0]) ? ConvolutionAlgorithm.Direct : null,
            BatchSize = parsed.GetValue(_run.BatchSize),
            Threads = parsed.GetValue(_run.Threads),
            MirrorAveraging = parsed.GetValue(_tta),
            FalseRejectRate = RejectRateOption.ValueOf(parsed, _rejectRate),
        };
        if (images.Any(Directory.Exists))
        {
            // For single images, looking them up would take longer than it ever saves.
            options = options with { FeatureCache = _featureCache.Read(parsed) };
        }

        using ImageClassifier classifier = ModelFile.Load(parsed.GetRequiredValue(_model), options);
        IReadOnlyList<string> paths = ImageArguments.Expand(images, cancellationToken);
        int top = Math.Min(parsed.GetValue(_top), classifier.Labels.Count);
        IPredictionReport report = parsed.GetValue(_run.Json) ? new JsonPredictions(parsed.GetRequiredValue(_model), top)
            : parsed.GetValue(_csv) ? new CsvPredictions(Console.Out, top)
            : new TextPredictions(screen, classifier, top);

        screen.Announce(ModelLine.Of(classifier.Description, options));
        bool strict = parsed.GetValue(_run.Strict);
        var skipped = new List<SkippedImage>();
        int PredictAll(IWorkProgress progress)
        {
            int done = 0;
            progress.Report("Classifying", 0, paths.Count, "images");
            foreach (ImagePrediction prediction in classifier.ClassifyAll(paths, cancellationToken))
            {
                if (prediction.Error is { } error)
                {
                    if (strict)
                    {
                        throw new IOException(error);
                    }

                    skipped.Add(new SkippedImage(prediction.Name, error));
                }

                report.Add(prediction);
                progress.Report("Classifying", ++done, paths.Count, "images");
            }

            return done;
        }

        // Rows on the screen are progress enough, and a bar would write between them.
        int count = Screen.ShowsRows && report.IsStreamed ? PredictAll(new NoProgress()) : screen.Watch(PredictAll);
        report.Finish();
        SkippedImages.Warn(screen, skipped, []);
        return skipped.Count < count ? ExitCode.Done : ExitCode.Failed;
    }
}
