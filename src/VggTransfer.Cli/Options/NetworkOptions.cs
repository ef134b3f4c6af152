using System.CommandLine;
using VggTransfer.Architectures;

namespace VggTransfer.Cli;

/// <summary>The network that is to be trained; how many classes it has follows from the images.</summary>
internal sealed class NetworkOptions
{
    private const string Default = "D";

    private static readonly VggArchitecture s_defaults = new();

    private readonly Option<VggConfiguration?> _architecture = ValueOption.OneOf("--architecture", $"The paper's letter, or the usual name [default: {Default}]", ArchitectureOptions.Configurations);
    private readonly Option<bool> _batchNorm = new("--batch-norm") { Description = "Batch normalisation behind each convolution; learns faster" };
    private readonly Option<double?> _width = ValueOption.OptionalNumber("--width", $"Factor on the filters of each convolution [default: {s_defaults.WidthMultiplier}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.WidthMultiplier)));
    private readonly Option<int?> _inputSize = ValueOption.OptionalInteger("--input-size", "Side of the input in pixels [default: 32, 64 or 128, by the size of the images]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.InputSize)), allowAuto: true);
    private readonly Option<int?> _hiddenDenseLayers = ValueOption.OptionalInteger("--hidden-dense-layers", $"Dense layers before the last [default: {s_defaults.HiddenDenseLayers}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.HiddenDenseLayers)));
    private readonly Option<int?> _denseUnits = ValueOption.OptionalInteger("--dense-units", $"Units of each hidden dense layer [default: {s_defaults.DenseUnits} times the width]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.DenseUnits)));
    private readonly Option<bool> _noFifthPool = new("--no-fifth-pool") { Description = "Leave out the last pool" };
    private readonly Option<double?> _dropout = ValueOption.OptionalNumber("--dropout", $"Dropout rate behind the hidden dense layers [default: {s_defaults.Dropout}]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.Dropout)));

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_architecture, _batchNorm, _width, _inputSize, _hiddenDenseLayers, _denseUnits, _noFifthPool, _dropout])
        {
            command.Add(option);
        }
    }

    /// <summary>The input size that was asked for; null for one that suits the images.</summary>
    public int? InputSizeOf(ParseResult parsed) => parsed.GetValue(_inputSize);

    public VggArchitecture Read(ParseResult parsed, int inputSize, int classes)
    {
        double width = parsed.GetValue(_width) ?? s_defaults.WidthMultiplier;
        return new VggArchitecture
        {
            Configuration = parsed.GetValue(_architecture) ?? ArchitectureOptions.Configurations[Default],
            BatchNorm = parsed.GetValue(_batchNorm),

            // Keras's.
            BatchNormEpsilon = 1e-3,
            WidthMultiplier = width,
            InputSize = inputSize,
            Classes = classes,
            HiddenDenseLayers = parsed.GetValue(_hiddenDenseLayers) ?? s_defaults.HiddenDenseLayers,
            DenseUnits = parsed.GetValue(_denseUnits) ?? Math.Max(1, (int)Math.Round(s_defaults.DenseUnits * width)),
            FifthPool = !parsed.GetValue(_noFifthPool),
            Dropout = parsed.GetValue(_dropout) ?? s_defaults.Dropout,
        };
    }
}
