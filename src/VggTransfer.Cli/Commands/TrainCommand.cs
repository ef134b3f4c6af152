using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Models;

namespace VggTransfer.Cli;

/// <summary><c>train FOLDER --output model.zip</c>.</summary>
internal sealed class TrainCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images, in one subfolder for each class" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The model file to write: .zip, or .mlnet", HelpName = "FILE", Required = true };
    private readonly BackboneOptions _backbone = new();
    private readonly ImageOptions _image = new();
    private readonly Option<OnnxPrecision?> _precision = PrecisionOption.CreateAuto();
    private readonly RunOptions _run = new();
    private readonly ReportOption _report = new();
    private readonly FeatureCacheOption _featureCache = new();
    private readonly Option<double?> _l2 = ValueOption.OptionalNumber("--l2", "Strength of the head's L2 penalty; chosen by cross-validation unless given", OptionRange.Of<ImageClassifierTrainerOptions>(nameof(ImageClassifierTrainerOptions.L2Regularization)));
    private readonly ValidationOptions _validation = new();
    private readonly Option<bool> _noRefit = new("--no-refit") { Description = "Save the head that was judged, instead of fitting it again on all images" };
    private readonly Option<int> _seed = ValueOption.Seed("Seed of the split and of cross-validation", allowNegative: true);

    public TrainCommand()
        : base("train", "Trains a classifier on a folder of images and saves it as an ML.NET model.")
    {
        Add(_folder);
        Add(_output);
        _backbone.AddTo(this);
        _image.AddTo(this);
        Add(_precision);
        Add(_l2);
        _validation.AddTo(this);
        Add(_noRefit);
        Add(_seed);
        _featureCache.AddTo(this);
        _run.AddTo(this);
        _report.AddTo(this);

        // Another extension is another format's, which this wouldn't be; without one it can be anything.
        _output.Validators.Add(TextRule.EndsIn("--output", ModelFile.Extensions, mayHaveNone: true));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer train photos --output model.zip",
        "vggtransfer train photos --output model.zip --layer block5_pool:avg --input-size 224 --l2 100",
        "vggtransfer train photos --output model.zip --report report.html",
        "vggtransfer train photos --output model.zip --validation more-photos --json > result.json",
        "vggtransfer train photos --output model.zip --backbone vgg16.safetensors --preprocessing torchvision --layer fc7",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string output = parsed.GetRequiredValue(_output);
        string fullOutput = OutputFile.Check(output);
        string? page = _report.Check(parsed);
        int threads = parsed.GetValue(_run.Threads);
        using BackboneChoice backbone = _backbone.Open(parsed);
        ImageFolder folder = ImageFolder.Open(parsed.GetRequiredValue(_folder), cancellationToken);
        ImageFolder? validation = _validation.Open(parsed, cancellationToken);
        var options = new ImageClassifierTrainerOptions
        {
            Backbone = new VggBackbone(backbone.Model),
            Layer = parsed.GetValue(_image.Layer),
            InputSize = parsed.GetValue(_image.InputSize),
            Precision = parsed.GetValue(_precision),
            L2Regularization = parsed.GetValue(_l2),
            ValidationFraction = _validation.Fraction(parsed),
            Validation = validation,
            Refit = !parsed.GetValue(_noRefit),
            Seed = parsed.GetValue(_seed),
            Strict = parsed.GetValue(_run.Strict),
            Orientation = _image.OrientationOf(parsed),
            FeatureCache = _featureCache.Read(parsed),
            BatchSize = parsed.GetValue(_run.BatchSize),
            Threads = threads,
        };

        screen.Announce(backbone.Describe(threads));
        foreach (string line in backbone.Notes.Append(backbone.DescribeFeatures()))
        {
            screen.Announce(line);
        }

        using TrainedImageClassifier trained = screen.Watch(progress => ImageClassifierTrainer.Train(
            folder, options, new SynchronousProgress<TrainingProgress>(step => Show(step, progress)), cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        trained.Save(fullOutput);

        IReadOnlyList<string> warnings = [.. FolderWarnings.Of(folder), .. validation is null ? [] : FolderWarnings.Of(validation), .. trained.Warnings];
        var report = new TrainReport(trained, options, backbone.Name, warnings, output, new FileInfo(fullOutput).Length, page, clock.Elapsed);
        SkippedImages.Warn(screen, trained.Skipped, warnings);
        if (page is not null)
        {
            screen.Announce($"Writing the report {page} ...");
            ClassificationFindings findings = ClassificationFacts.Of(trained, folder.Path, fullOutput, ClassificationFacts.CommandOf(parsed), threads, warnings, clock.Elapsed, cancellationToken);
            new ClassificationPage(findings).Write(page, $"Classifier of {folder.Path}", cancellationToken);
        }

        if (parsed.GetValue(_run.Json))
        {
            Screen.WriteJson(report.ToJson());
        }
        else
        {
            report.Write(screen);
        }

        return ExitCode.Done;
    }

    private static void Show(TrainingProgress step, IWorkProgress progress)
    {
        string note = step.Note.Length == 0 ? "" : $", {step.Note}";
        switch (step.Stage)
        {
            case TrainingStage.ChoosingPrecision:
                progress.Report($"Comparing int8 with fp32{note}", step.Done, step.Total, "images");
                break;
            case TrainingStage.ExtractingFeatures:
                progress.Report($"Extracting features{note}", step.Done, step.Total, "images");
                break;
            case TrainingStage.SelectingLayer:
                progress.Report($"Comparing layers and L2{note}", step.Done, step.Total, "trials");
                break;
            default:
                progress.Report("Fitting the head", step.Done, step.Total, "done");
                break;
        }
    }
}
