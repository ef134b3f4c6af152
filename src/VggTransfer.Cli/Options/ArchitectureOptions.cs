using System.CommandLine;
using System.CommandLine.Parsing;
using VggTransfer.Architectures;

namespace VggTransfer.Cli;

/// <summary>A member of the VGG family, by the options that vary it.</summary>
internal sealed class ArchitectureOptions
{
    private static readonly VggArchitecture s_defaults = new();

    /// <summary>The paper's letters, and the usual names.</summary>
    public static IReadOnlyDictionary<string, VggConfiguration> Configurations { get; } = new Dictionary<string, VggConfiguration>(StringComparer.OrdinalIgnoreCase)
    {
        ["A"] = VggConfiguration.A,
        ["B"] = VggConfiguration.B,
        ["C"] = VggConfiguration.C,
        ["D"] = VggConfiguration.D,
        ["E"] = VggConfiguration.E,
        ["vgg11"] = VggConfiguration.A,
        ["vgg13"] = VggConfiguration.B,
        ["vgg16"] = VggConfiguration.D,
        ["vgg19"] = VggConfiguration.E,
    };

    private readonly Option<VggConfiguration?> _configuration = ValueOption.OneOf("--configuration", "The paper's letter, or the usual name [default: vgg16]", Configurations);
    private readonly Option<bool> _batchNorm = new("--batch-norm") { Description = "Batch normalisation behind each convolution" };
    private readonly Option<double?> _width = ValueOption.OptionalNumber("--width", $"Factor on the filters of each convolution [default: {s_defaults.WidthMultiplier}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.WidthMultiplier)));
    private readonly Option<int?> _inputSize = ValueOption.OptionalInteger("--input-size", $"Side of the input in pixels [default: {s_defaults.InputSize}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.InputSize)));
    private readonly Option<int?> _classes = ValueOption.OptionalInteger("--classes", $"Classes of the last dense layer [default: {s_defaults.Classes}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.Classes)));
    private readonly Option<int?> _hiddenDenseLayers = ValueOption.OptionalInteger("--hidden-dense-layers", $"Dense layers before the last [default: {s_defaults.HiddenDenseLayers}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.HiddenDenseLayers)));
    private readonly Option<int?> _denseUnits = ValueOption.OptionalInteger("--dense-units", $"Units of each hidden dense layer [default: {s_defaults.DenseUnits}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.DenseUnits)));
    private readonly Option<bool> _noTop = new("--no-top") { Description = "Leave out the dense part" };
    private readonly Option<bool> _noFifthPool = new("--no-fifth-pool") { Description = "Leave out the last pool" };
    private readonly Option<double?> _dropout = ValueOption.OptionalNumber("--dropout", $"Dropout rate behind the hidden dense layers [default: {s_defaults.Dropout}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.Dropout)));

    private Option[] All => [_configuration, _batchNorm, _width, _inputSize, _classes, _hiddenDenseLayers, _denseUnits, _noTop, _noFifthPool, _dropout];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Add(option);
        }
    }

    /// <summary>The name of the first option that was given; null if none was.</summary>
    public string? FirstGiven(CommandResult result) => All.FirstOrDefault(option => result.GetResult(option) is { Implicit: false })?.Name;

    public VggArchitecture Read(ParseResult parsed)
    {
        return s_defaults with
        {
            Configuration = parsed.GetValue(_configuration) ?? s_defaults.Configuration,
            BatchNorm = parsed.GetValue(_batchNorm),
            WidthMultiplier = parsed.GetValue(_width) ?? s_defaults.WidthMultiplier,
            InputSize = parsed.GetValue(_inputSize) ?? s_defaults.InputSize,
            Classes = parsed.GetValue(_classes) ?? s_defaults.Classes,
            HiddenDenseLayers = parsed.GetValue(_hiddenDenseLayers) ?? s_defaults.HiddenDenseLayers,
            DenseUnits = parsed.GetValue(_denseUnits) ?? s_defaults.DenseUnits,
            IncludeTop = !parsed.GetValue(_noTop),
            FifthPool = !parsed.GetValue(_noFifthPool),
            Dropout = parsed.GetValue(_dropout) ?? s_defaults.Dropout,
        };
    }
}
