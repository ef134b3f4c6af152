using System.CommandLine;
using System.CommandLine.Parsing;
using VggTransfer.Architectures;

namespace VggTransfer.Cli.Options;

/// <summary>A member of the VGG family, by the options that vary it.</summary>
internal sealed class ArchitectureOptions
{
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
    private readonly Option<double?> _width = ValueOption.OptionalNumber("--width", "Factor on the filters of each convolution [default: 1]", "above 0 and at most 8", value => value is > 0 and <= 8);
    private readonly Option<int?> _inputSize = ValueOption.OptionalInteger("--input-size", "Side of the input in pixels [default: 224]", 32, 4096);
    private readonly Option<int?> _classes = ValueOption.OptionalInteger("--classes", "Classes of the last dense layer [default: 1000]", 1, 1_000_000);
    private readonly Option<int?> _hiddenDenseLayers = ValueOption.OptionalInteger("--hidden-dense-layers", "Dense layers before the last [default: 2]", 0, 8);
    private readonly Option<int?> _denseUnits = ValueOption.OptionalInteger("--dense-units", "Units of each hidden dense layer [default: 4096]", 1, 65_536);
    private readonly Option<bool> _noTop = new("--no-top") { Description = "Leave out the dense part" };
    private readonly Option<bool> _noFifthPool = new("--no-fifth-pool") { Description = "Leave out the last pool" };
    private readonly Option<double?> _dropout = ValueOption.OptionalNumber("--dropout", "Dropout rate behind the hidden dense layers [default: 0.5]", "0 or more and below 1", value => value is >= 0 and < 1);

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
        var defaults = new VggArchitecture();
        return defaults with
        {
            Configuration = parsed.GetValue(_configuration) ?? defaults.Configuration,
            BatchNorm = parsed.GetValue(_batchNorm),
            WidthMultiplier = parsed.GetValue(_width) ?? defaults.WidthMultiplier,
            InputSize = parsed.GetValue(_inputSize) ?? defaults.InputSize,
            Classes = parsed.GetValue(_classes) ?? defaults.Classes,
            HiddenDenseLayers = parsed.GetValue(_hiddenDenseLayers) ?? defaults.HiddenDenseLayers,
            DenseUnits = parsed.GetValue(_denseUnits) ?? defaults.DenseUnits,
            IncludeTop = !parsed.GetValue(_noTop),
            FifthPool = !parsed.GetValue(_noFifthPool),
            Dropout = parsed.GetValue(_dropout) ?? defaults.Dropout,
        };
    }
}
