using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FineTuning;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Plots;

namespace VggTransfer.Cli;

/// <summary><c>finetune FOLDER --output DIR</c>.</summary>
internal sealed class FineTuneCommand : ToolCommand
{
    private const string Workspace = "workspace";

    private static readonly string s_mark = Path.Combine(Workspace, ImageClassifierFineTuner.WorkspaceIdentity);

    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images, in one subfolder for each class" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The training's own folder: the model, its curves, and what it needs to go on after an interruption", HelpName = "DIR", Required = true };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with the fine-tuning that was begun in DIR, with the same images and options" };
    private readonly Option<bool> _findRate = new("--find-rate") { Description = "Train nothing: try growing learning rates, and write learning-rate.svg and .csv to DIR" };
    private readonly SourceOptions _source = new();
    private readonly FineTuneOptions _recipe = new();
    private readonly AugmentationOptions _augmentation = new(AugmentationPreset.Mirror);
    private readonly ValidationOptions _validation = new();
    private readonly FeatureCacheOption _featureCache = new();
    private readonly ReportOption _report = new();
    private readonly Option<int> _seed = ValueOption.Seed("Seed of the split, the order, augmentation and dropout");
    private readonly DeviceOptions _device = new("bfloat16 where the processor or GPU is fast at it, else float32");
    private readonly Option<bool> _offline = new("--offline") { Description = "Fetch nothing: fail where libtorch isn't on this machine" };
    private readonly Option<bool> _strict = new("--strict") { Description = "Fail at an image that can't be read, instead of skipping it" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    public FineTuneCommand()
        : base("finetune", "Trains the upper layers of a pretrained VGG on a folder of images.")
    {
        Add(_folder);
        Add(_output);
        Add(_resume);
        Add(_findRate);
        _source.AddTo(this);
        _recipe.AddTo(this);
        _augmentation.AddTo(this);
        _validation.AddTo(this);
        _featureCache.AddTo(this);
        _report.AddTo(this);
        Add(_seed);
        _device.AddTo(this);
        Add(_offline);
        Add(_strict);
        Add(_json);
        Validators.Add(result =>
        {
            if (result.GetValue(_findRate) && _report.IsGiven(result))
            {
                result.AddError("--find-rate and --report exclude each other: looking for a learning rate makes no classifier to report on.");
            }

            if (result.GetValue(_findRate) && result.GetValue(_resume))
            {
                result.AddError("--find-rate and --resume exclude each other: looking for a learning rate trains nothing that could go on.");
            }
        });
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer finetune photos --output run1",
        "vggtransfer finetune photos --output run1 --resume",
        "vggtransfer finetune photos --output run2 --freeze-until block4_conv1 --gradual --augment photo --epochs 30 --average ema",
        "vggtransfer finetune photos --output run3 --time-budget 20m",
        "vggtransfer finetune more-photos --output run4 --continue-from run1/model.zip",
        "vggtransfer finetune photos --output rates --find-rate",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string path = parsed.GetRequiredValue(_output);
        string? page = _report.Check(parsed);
        bool findsRate = parsed.GetValue(_findRate);
        if (!findsRate)
        {
            TrainingFolder.Check(path, s_mark, parsed.GetValue(_resume));
        }

        ImageFolder folder = ImageFolder.Open(parsed.GetRequiredValue(_folder), cancellationToken);
        ImageFolder? validation = _validation.Open(parsed, cancellationToken);
        using BackboneChoice? backbone = _source.OpenBackbone(parsed);
        FineTuningOptions options = Read(parsed, backbone, validation);
        LibtorchPackage.Create().Ensure(parsed.GetValue(_offline), screen.Announce, cancellationToken);
        using TrainingFolder output = TrainingFolder.Open(path);
        Announce(screen, backbone, options, folder);
        if (findsRate)
        {
            return FindRate(folder, options, output, parsed.GetValue(_json), screen, cancellationToken);
        }

        using FineTunedImageClassifier tuned = Train(folder, options with { WorkspacePath = output.File(Workspace), TimeBudget = Left(options.TimeBudget, clock.Elapsed) }, output, screen, cancellationToken);
        tuned.Save(output.Model);
        tuned.SaveWeights(output.Weights);
        WriteFigures(output, tuned.Epochs);

        IReadOnlyList<string> warnings = [.. FolderWarnings.Of(folder), .. validation is null ? [] : FolderWarnings.Of(validation), .. tuned.Warnings];
        SkippedImages.Warn(screen, tuned.Skipped, warnings);
        if (page is not null)
        {
            WriteReport(page, tuned, folder, output, ClassificationFacts.CommandOf(parsed), warnings, clock.Elapsed, screen, cancellationToken);
        }

        var report = new FineTuneReport(tuned, backbone?.Name ?? options.ContinueFrom!, output, folder, warnings, page, clock.Elapsed);
        if (parsed.GetValue(_json))
        {
            Screen.WriteJson(report.ToJson());
        }
        else
        {
            report.Write(screen);
        }

        return ExitCode.Done;
    }

    /// <summary>What is left of a budget that counts from the command's start. A few seconds don't matter, and what is said of the budget then names the one that was given.</summary>
    private static TimeSpan? Left(TimeSpan? budget, TimeSpan used) =>
        budget is not { } time || used < 0.05 * time ? budget : TimeSpan.FromSeconds(Math.Max(1, Math.Round((time - used).TotalSeconds)));

    private static void WriteReport(
        string page, FineTunedImageClassifier tuned, ImageFolder folder, TrainingFolder output, string command, IReadOnlyList<string> warnings, TimeSpan time, Screen screen, CancellationToken cancellationToken)
    {
        screen.Announce($"Writing the report {page} ...");
        using ImageClassifier classifier = ImageClassifier.Load(output.Model);
        EvaluationResult result = classifier.Evaluate(ImageFolder.Of(folder.Path, tuned.Description.Labels, tuned.ValidationImages), cancellationToken: cancellationToken);
        ClassificationFindings findings = ClassificationFacts.Of(
            result, classifier.Description, folder.Path, output.Model, command, warnings, time, File.ReadAllText(output.Curves));
        new ClassificationPage(findings).Write(page, $"Fine-tuned classifier of {folder.Path}", cancellationToken);
    }

    private FineTuningOptions Read(ParseResult parsed, BackboneChoice? backbone, ImageFolder? validation)
    {
        FineTuningOptions options = _recipe.Read(parsed) with
        {
            Backbone = backbone?.Model,
            ContinueFrom = _source.ContinueFrom(parsed),
            Augmentation = _augmentation.Read(parsed),
            MixUp = _augmentation.MixUp(parsed),
            CutMix = _augmentation.CutMix(parsed),
            ValidationFraction = _validation.Fraction(parsed),
            Validation = validation,
            FeatureCache = _featureCache.Read(parsed),
            Seed = parsed.GetValue(_seed),
            Strict = parsed.GetValue(_strict),
            Device = _device.DeviceOf(parsed),
            Precision = _device.PrecisionOf(parsed),
            Threads = _device.ThreadsOf(parsed),
        };
        if (backbone is not null)
        {
            Check(options, backbone.Model.Architecture);
        }

        return options;
    }

    /// <exception cref="UsageException">The network has no such layers.</exception>
    private static void Check(FineTuningOptions options, VggArchitecture architecture)
    {
        try
        {
            options.CheckLayers(architecture);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    private static void Announce(Screen screen, BackboneChoice? backbone, FineTuningOptions options, ImageFolder folder)
    {
        string source = backbone is null ? $"the classifier {options.ContinueFrom}" : $"{backbone.Name} ({backbone.Model.Architecture.DisplayName})";
        screen.Announce($"Fine-tuning {source} on {folder.Images.Count} images of {folder.Classes.Count} classes.");
        foreach (string note in backbone?.Notes ?? [])
        {
            screen.Announce(note);
        }
    }

    private static FineTunedImageClassifier Train(ImageFolder folder, FineTuningOptions options, TrainingFolder output, Screen screen, CancellationToken cancellationToken)
    {
        try
        {
            return screen.Watch(progress => ImageClassifierFineTuner.Train(
                folder, options, new FineTuningDisplay(screen, progress) { EpochEnded = epochs => WriteFigures(output, epochs) }, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            if (File.Exists(output.File(s_mark)))
            {
                screen.Announce("The fine-tuning is saved; the same command with --resume goes on with it.");
            }

            throw;
        }
    }

    private static void WriteFigures(TrainingFolder output, IReadOnlyList<Logs> epochs)
    {
        CSVLogger.Write(output.History, epochs);
        TrainingCurves.ReadCsv(output.History).Save(output.Curves);
    }

    private static int FindRate(ImageFolder folder, FineTuningOptions options, TrainingFolder output, bool json, Screen screen, CancellationToken cancellationToken)
    {
        LearningRateCurve curve = screen.Watch(progress => ImageClassifierFineTuner.FindLearningRate(
            folder, options, progress: new FineTuningDisplay(screen, progress, findsRate: true), cancellationToken: cancellationToken));
        var report = new RateReport(curve, options, output);
        curve.Save(report.Plot);
        curve.WriteCsv(report.Table);
        if (json)
        {
            Screen.WriteJson(report.ToJson());
        }
        else
        {
            report.Write(screen);
        }

        return ExitCode.Done;
    }
}
