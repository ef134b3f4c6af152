using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Plots;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;
using VggTransfer.Weights;

namespace VggTransfer.Cli;

/// <summary><c>fit FOLDER --output DIR</c>.</summary>
internal sealed class FitCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images, in one subfolder for each class" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The training's own folder: checkpoints, history, curves, and at the end the model", HelpName = "DIR", Required = true };
    private readonly Option<bool> _resume = new("--resume") { Description = "Go on with the training that was begun in DIR, with the same images and options" };
    private readonly NetworkOptions _network = new();
    private readonly FitOptions _fit = new();
    private readonly ValidationOptions _validation = new();
    private readonly Option<bool> _offline = new("--offline") { Description = "Fetch nothing: fail where libtorch isn't on this machine" };
    private readonly Option<bool> _strict = new("--strict") { Description = "Fail at an image that can't be read, instead of skipping it" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    public FitCommand()
        : base("fit", "Trains a whole VGG on a folder of images, from random weights.")
    {
        Add(_folder);
        Add(_output);
        Add(_resume);
        _network.AddTo(this);
        _fit.AddTo(this);
        _validation.AddTo(this);
        Add(_offline);
        Add(_strict);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer fit photos --output run1 --batch-norm --width 0.25",
        "vggtransfer fit photos --output run1 --batch-norm --width 0.25 --resume",
        "vggtransfer fit cifar/train --validation cifar/test --output run2 --input-size 32 --batch-norm --width 0.25 --learning-rate 0.1",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        ImageFolder folder = ImageFolder.Open(parsed.GetRequiredValue(_folder), cancellationToken);
        ImageFolder? validation = _validation.Open(parsed, cancellationToken);
        StratifiedSplit split = Split(folder, validation, parsed);
        bool resume = parsed.GetValue(_resume);
        TrainingFolder.Check(parsed.GetRequiredValue(_output), FitIdentity.FileName, resume);
        LibtorchPackage.Create().Ensure(parsed.GetValue(_offline), screen.Announce, cancellationToken);
        using TrainingFolder output = TrainingFolder.Open(parsed.GetRequiredValue(_output));

        int inputSize = _network.InputSizeOf(parsed) ?? FitData.InputSizeFor(folder);
        VggArchitecture architecture = _network.Read(parsed, inputSize, folder.Classes.Count);
        FitSettings settings = _fit.Read(parsed);
        using Sequential model = FitNetwork.Build(architecture, settings);
        model.Execution = _fit.Execution(parsed);
        model.Output = Console.Error;
        model.Warning = screen.Warn;
        screen.Announce($"{architecture.DisplayName} for {folder.Classes.Count} classes, input size {inputSize}, {model.ParameterCount:N0} parameters, {model.Device}.");

        FitData data = screen.Watch(progress => FitData.Load(folder, split, inputSize, parsed.GetValue(_strict), progress, cancellationToken));
        IReadOnlyList<string> warnings = [.. FolderWarnings.Of(folder), .. validation is null ? [] : FolderWarnings.Of(validation)];
        SkippedImages.Warn(screen, data.Skipped, warnings);
        new FitIdentity(architecture, settings, data.Identity).CheckAndKeep(output, resume);
        History history = Train(model, settings, data, inputSize, output, VerbosityOf(parsed), screen, cancellationToken);
        TrainingCurves.ReadCsv(output.History).Save(output.Curves);

        ClassificationMetrics metrics = Judge(model, data, settings.BatchSize, cancellationToken);
        Save(model, settings, data, output, metrics, cancellationToken);
        var report = new FitReport(architecture, settings, model.Device, data, history, metrics, output, warnings, clock.Elapsed);
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

    private StratifiedSplit Split(ImageFolder folder, ImageFolder? validation, ParseResult parsed)
    {
        if (validation is null)
        {
            return StratifiedSplit.Create(folder.Images, _validation.Fraction(parsed), _fit.Seed(parsed));
        }

        return validation.Classes.Except(folder.Classes).FirstOrDefault() is { } unknown
            ? throw new InvalidImageFolderException(validation.Path, $"it has a class '{unknown}' that '{folder.Path}' doesn't have")
            : new StratifiedSplit(folder.Images, validation.Images);
    }

    private static History Train(
        Sequential model, FitSettings settings, FitData data, int inputSize, TrainingFolder output, Verbosity verbosity, Screen screen, CancellationToken cancellationToken)
    {
        Dataset training = data.Training(settings, inputSize);
        FitNetwork.Compile(model, settings, settings.StepsPerEpoch ?? training.Cardinality!.Value);
        Callback[] callbacks =
        [
            .. FitNetwork.Callbacks(model, settings),
            new CSVLogger(output.History),
            new BackupAndRestore(output.File("checkpoint"), settings.CheckpointSteps, deleteCheckpoint: false),
        ];
        try
        {
            return model.Fit(
                training, settings.Epochs, verbosity, callbacks, data.Validation(settings.BatchSize), stepsPerEpoch: settings.StepsPerEpoch, cancellationToken: cancellationToken);
        }
        catch (OperationCanceledException)
        {
            screen.Announce("The training is saved; the same command with --resume goes on with it.");
            throw;
        }
    }

    private static Verbosity VerbosityOf(ParseResult parsed) =>
        parsed.GetValue(GlobalOptions.Quiet) ? Verbosity.Silent : Console.IsErrorRedirected ? Verbosity.OneLine : Verbosity.ProgressBar;

    private static ClassificationMetrics Judge(Sequential model, FitData data, int batchSize, CancellationToken cancellationToken)
    {
        float[] logits = model.Predict(data.Validation(batchSize), Verbosity.Silent, cancellationToken: cancellationToken).ToSingles();
        float[][] probabilities = [.. logits.Chunk(data.Classes.Count)];
        foreach (float[] row in probabilities)
        {
            LinearHead.ToProbabilities(row);
        }

        return ClassificationMetrics.Compute(data.Classes, data.ValidationTruth, probabilities);
    }

    private static void Save(Sequential model, FitSettings settings, FitData data, TrainingFolder output, ClassificationMetrics metrics, CancellationToken cancellationToken)
    {
        using VggModel trained = model.ToVggModel(labels: data.Classes, provenance: new ModelProvenance
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(output.Path))),
            TrainedOn = $"{data.TrainingImages} images of {data.Classes.Count} classes",
        });
        WeightsFile.Write(trained, output.Weights, new WeightsWriteOptions(), cancellationToken);
        ClassifierExport.Write(trained, output.Model, new ClassifierExportOptions
        {
            Orientation = FitData.Orientation,
            TrainingImages = data.TrainingImages,
            ValidationImages = data.ValidationImages,
            ValidationAccuracy = metrics.Accuracy,
            L2Regularization = settings.L2,
            Seed = settings.Seed,
        });
    }
}
