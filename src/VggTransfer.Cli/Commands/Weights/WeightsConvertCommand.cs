using System.CommandLine;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights;

namespace VggTransfer.Cli;

/// <summary><c>weights convert IN OUT</c>.</summary>
internal sealed class WeightsConvertCommand : ToolCommand
{
    private const string OnnxExtension = ".onnx";

    private static readonly Dictionary<string, TensorType> s_types = new(StringComparer.Ordinal)
    {
        ["float32"] = TensorType.Float32,
        ["float16"] = TensorType.Float16,
        ["bfloat16"] = TensorType.BFloat16,
    };

    private static readonly Dictionary<string, OnnxInput> s_inputs = new(StringComparer.Ordinal)
    {
        ["normalized"] = OnnxInput.Normalized,
        ["pixels"] = OnnxInput.Pixels,
    };

    private readonly Argument<string> _input = new("IN") { Description = "A file of weights of any format, or a name that 'weights list' shows" };
    private readonly Argument<string> _output = new("OUT") { Description = $"The file to write; its extension is its format: {string.Join(", ", WeightsFile.WrittenExtensions)}" };
    private readonly WeightsReadingOptions _reading = new();
    private readonly Option<TensorType?> _type = ValueOption.OneOf("--dtype", "What to store the weights as [default: as they are]", s_types);
    private readonly Option<OnnxInput?> _onnxInput = ValueOption.OneOf("--onnx-input", "Whether an ONNX graph takes normalised input or 8-bit pixels [default: normalized]", s_inputs);
    private readonly Option<FeatureLayer[]?> _layers = OutputLayersOption.Create();
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    public WeightsConvertCommand()
        : base("convert", "Writes weights in another format, with their preprocessing, labels and provenance.")
    {
        Add(_input);
        Add(_output);
        _reading.AddTo(this);
        Add(_type);
        Add(_onnxInput);
        Add(_layers);
        Add(_json);
        _output.Validators.Add(TextRule.EndsIn("OUT", WeightsFile.WrittenExtensions));
        Validators.Add(result =>
        {
            if (result.GetResult(_output) is { Tokens: [var output] } && !IsOnnx(output.Value)
                && new Option[] { _onnxInput, _layers }.FirstOrDefault(option => result.GetResult(option) is not null) is { } stray)
            {
                result.AddError($"{stray.Name} is for ONNX files only, and OUT is '{output.Value}'.");
            }
        });
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer weights convert vgg16.pth vgg16.safetensors --preprocessing torchvision",
        "vggtransfer weights convert vgg16.safetensors vgg16.h5",
        "vggtransfer weights convert vgg16.safetensors vgg16.onnx --onnx-input pixels --output-layers fc7,logits",
        "vggtransfer weights convert vgg16-imagenet-conv vgg16.h5",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string input = BackboneChoice.Locate(parsed.GetRequiredValue(_input));
        string output = parsed.GetRequiredValue(_output);
        string fullOutput = OutputFile.Check(output, "OUT");
        if (OutputFile.IsSame(input, fullOutput))
        {
            throw new UsageException("OUT is the file that IN is read from; name another file.");
        }

        using WeightsContent content = _reading.Read(parsed, input);
        OnnxInput onnxInput = parsed.GetValue(_onnxInput) ?? OnnxInput.Normalized;
        if (onnxInput == OnnxInput.Pixels)
        {
            PreprocessingOption.Require(content.Model, Path.GetFileName(input), given: null);
        }

        foreach (string note in content.Notes)
        {
            screen.Announce(note);
        }

        WeightsFile.Write(content.Model, fullOutput, new WeightsWriteOptions
        {
            Storage = parsed.GetValue(_type),
            Onnx = new OnnxExportOptions
            {
                Input = onnxInput,
                Outputs = OutputLayersOption.ToOutputs(parsed.GetValue(_layers)),
            },
        }, cancellationToken);
        Report(parsed, content, input, output, new FileInfo(fullOutput).Length);
        return ExitCode.Done;
    }

    private void Report(ParseResult parsed, WeightsContent content, string input, string output, long bytes)
    {
        string? preprocessing = content.Model.Preprocessing is { } family ? PreprocessingOption.NameOf(family) : null;
        if (parsed.GetValue(_json))
        {
            Screen.WriteJson(new
            {
                Input = input,
                InputFormat = content.Format,
                Output = output,
                Bytes = bytes,
                Architecture = content.Model.Architecture.DisplayName,
                Preprocessing = preprocessing,
                content.Notes,
            });
            return;
        }

        Console.Out.WriteLine($"{PrintableText.Of(output)} holds {content.Model.Architecture.DisplayName} ({bytes / 1e6:0.0} MB), preprocessing {preprocessing ?? "unknown"}.");
    }

    private static bool IsOnnx(string path) => string.Equals(Path.GetExtension(path), OnnxExtension, StringComparison.OrdinalIgnoreCase);
}
