using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Quantization;
using VggTransfer.Weights;

namespace VggTransfer.Cli;

/// <summary><c>quantize MODEL --calibration FOLDER --output FILE</c>.</summary>
internal sealed class QuantizeCommand : ToolCommand
{
    private static readonly string[] s_weightsExtensions = [".onnx", ".safetensors"];

    private static readonly Dictionary<string, RangeMethod> s_methods = new(StringComparer.Ordinal)
    {
        ["min-max"] = RangeMethod.MinMax,
        ["percentile"] = RangeMethod.Percentile,
        ["entropy"] = RangeMethod.Entropy,
    };

    private readonly Argument<string> _model = new("MODEL") { Description = "A model file (.zip or .mlnet) that a training made, a pretrained backbone's name, or a weights file of any format" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The file to write: .zip or .mlnet for a model file; .onnx, or .safetensors with the ranges in it, for a backbone", HelpName = "FILE", Required = true };
    private readonly Option<string?> _calibration = new("--calibration") { Description = "Images to measure ranges on, at any depth [default: the ranges that MODEL has]", HelpName = "FOLDER" };
    private readonly Option<string?> _evaluate = new("--evaluate") { Description = "Images in one subfolder for each class, to compare a model file's accuracy on", HelpName = "FOLDER" };
    private readonly Option<RangeMethod?> _method = ValueOption.OneOf("--method", "How ranges follow from what was seen; auto takes the one whose features are nearest [default: auto]", s_methods, allowAuto: true);
    private readonly Option<int> _sample = ValueOption.Integer("--sample", "How many of the images are used at most", OptionRange.Of<QuantizationOptions>(nameof(QuantizationOptions.LargestSample)), new QuantizationOptions().LargestSample);
    private readonly Option<int?> _inputSize = ValueOption.OptionalInteger("--input-size", "Side of a backbone's input in pixels [default: its own]", OptionRange.Of<QuantizationOptions>(nameof(QuantizationOptions.InputSize)));
    private readonly Option<FeatureLayer[]?> _layers = OutputLayersOption.Create();
    private readonly Option<PreprocessingFamily?> _preprocessing = PreprocessingOption.Create();
    private readonly RunOptions _run = new();

    public QuantizeCommand()
        : base("quantize", "Makes a network compute in 8-bit integers: a quarter of the size, and faster.")
    {
        Add(_model);
        Add(_output);
        Add(_calibration);
        Add(_evaluate);
        Add(_method);
        Add(_sample);
        Add(_inputSize);
        Add(_layers);
        Add(_preprocessing);
        _run.AddTo(this);
        Validators.Add(result =>
        {
            if (result.GetResult(_model) is not { Tokens: [var model] } || result.GetResult(_output) is not { Tokens: [var output] })
            {
                return;
            }

            bool isModel = ModelFile.IsNamedSo(model.Value);
            if (isModel ? !ModelFile.IsNamedSo(output.Value) : !s_weightsExtensions.Any(extension => HasExtension(output.Value, extension)))
            {
                result.AddError(isModel
                    ? $"--output must end in {string.Join(", ", ModelFile.Extensions)} for a model file, and is '{output.Value}'."
                    : $"--output must end in {string.Join(" or ", s_weightsExtensions)} for a backbone, and is '{output.Value}'.");
            }

            Option[] strays = isModel ? [_inputSize, _layers, _preprocessing] : HasExtension(output.Value, ".onnx") ? [_evaluate] : [_evaluate, _layers];
            if (strays.FirstOrDefault(option => result.GetResult(option) is not null) is { } stray)
            {
                result.AddError(stray == _layers && !isModel ? $"{stray.Name} is for ONNX files only, and --output is '{output.Value}'."
                    : isModel ? $"{stray.Name} is for backbones only, and MODEL is '{model.Value}'."
                    : $"{stray.Name} is for model files only, and MODEL is '{model.Value}'.");
            }
        });
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer quantize model.zip --calibration photos --evaluate test-photos --output small.zip",
        "vggtransfer quantize vgg16-imagenet-conv --output vgg16-int8.onnx --output-layers block5_pool:avg",
        "vggtransfer quantize vgg16.pth --preprocessing torchvision --calibration photos --output vgg16.safetensors",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string model = parsed.GetRequiredValue(_model);
        string output = parsed.GetRequiredValue(_output);
        string fullOutput = OutputFile.Check(output);
        if (OutputFile.IsSame(model, fullOutput))
        {
            throw new UsageException("--output is the file that MODEL is read from; name another file.");
        }

        IReadOnlyList<string>? images = parsed.GetValue(_calibration) is { } folder ? ImageFolder.ListImages(folder, cancellationToken) : null;
        var options = new QuantizationOptions
        {
            Method = parsed.GetValue(_method),
            LargestSample = parsed.GetValue(_sample),
            InputSize = parsed.GetValue(_inputSize),
            Strict = parsed.GetValue(_run.Strict),
            BatchSize = parsed.GetValue(_run.BatchSize),
            Threads = parsed.GetValue(_run.Threads),
        };
        QuantizeReport report = ModelFile.IsNamedSo(model)
            ? QuantizeModel(parsed, screen, model, fullOutput, images, options, cancellationToken)
            : QuantizeBackbone(parsed, screen, model, fullOutput, images, options, cancellationToken);
        report = report with { Output = output, Bytes = new FileInfo(fullOutput).Length, Time = clock.Elapsed };
        SkippedImages.Warn(screen, report.Skipped, []);
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

    private QuantizeReport QuantizeModel(
        ParseResult parsed, Screen screen, string model, string fullOutput, IReadOnlyList<string>? images, QuantizationOptions options, CancellationToken cancellationToken)
    {
        var running = new ImageClassifierOptions { BatchSize = options.BatchSize, Threads = options.Threads };
        ImageFolder? test = parsed.GetValue(_evaluate) is { } labelled ? ImageFolder.Open(labelled, cancellationToken) : null;
        using ImageClassifier exact = ModelFile.Load(model, running);
        screen.Announce(ModelLine.Of(exact.Description, running));
        EvaluationResult? before = test is null ? null : Evaluate(exact, test, "fp32");
        if (options.Strict && before is { Skipped: [var first, ..] })
        {
            throw new IOException(first.Reason);
        }

        QuantizationResult? measured = screen.Watch(progress => ClassifierQuantizer.Quantize(model, fullOutput, images, options, Steps(progress), cancellationToken));
        AccuracyComparison? accuracy = null;
        if (test is not null)
        {
            using ImageClassifier rounded = ImageClassifier.Load(fullOutput, running);
            accuracy = new AccuracyComparison(test.Path, before!, Evaluate(rounded, test, "int8"));
        }

        return new QuantizeReport(model, new FileInfo(model).Length, exact.Description.Layer.ToString(), exact.Description.InputSize, measured) { Accuracy = accuracy };

        EvaluationResult Evaluate(ImageClassifier classifier, ImageFolder folder, string precision) => screen.Watch(progress =>
            classifier.Evaluate(folder, new SynchronousProgress<int>(done => progress.Report($"Classifying in {precision}", done, folder.Images.Count, "images")), cancellationToken));
    }

    private QuantizeReport QuantizeBackbone(
        ParseResult parsed, Screen screen, string model, string fullOutput, IReadOnlyList<string>? images, QuantizationOptions options, CancellationToken cancellationToken)
    {
        using var backbone = BackboneChoice.OpenToRun(model, parsed.GetValue(_preprocessing));
        if (OutputFile.IsSame(backbone.File, fullOutput))
        {
            throw new UsageException("--output is the file that MODEL is read from; name another file.");
        }

        FeatureLayer[] layers = parsed.GetValue(_layers) is { Length: > 0 } given ? given : [FeatureExtractor.DefaultLayer(backbone.Model)];
        var all = new FeatureLayer([.. layers.SelectMany(layer => layer.Sources).Distinct()]);
        screen.Announce(backbone.Describe(options.Threads));
        foreach (string note in backbone.Notes)
        {
            screen.Announce(note);
        }

        QuantizationResult? measured = images is null ? null : screen.Watch(progress =>
            ModelQuantizer.Measure(backbone.Model, images, options with { Layer = all }, Steps(progress), cancellationToken));
        VggModel quantized = measured is null ? backbone.Model : backbone.Model.WithActivationRanges(measured.Ranges);
        WeightsFile.Write(quantized, fullOutput, new WeightsWriteOptions
        {
            Onnx = new OnnxExportOptions { Precision = OnnxPrecision.Int8, InputSize = options.InputSize, Outputs = OutputLayersOption.ToOutputs(parsed.GetValue(_layers)) },
        }, cancellationToken);
        long? bytes = File.Exists(backbone.File) ? new FileInfo(backbone.File).Length : null;
        return new QuantizeReport(backbone.Name, bytes, all.ToString(), options.InputSize ?? backbone.Model.Architecture.InputSize, measured);
    }

    private static SynchronousProgress<(int Done, int Total)> Steps(IWorkProgress progress) =>
        new(step => progress.Report("Measuring ranges and comparing features", step.Done, step.Total, "images"));

    private static bool HasExtension(string path, string extension) => string.Equals(Path.GetExtension(path), extension, StringComparison.OrdinalIgnoreCase);
}
