using System.CommandLine;
using VggTransfer.Architectures;

namespace VggTransfer.Cli.Options;

/// <summary>The network that is to be trained; how many classes it has follows from the images.</summary>
internal sealed class NetworkOptions
{
    private const string Default = "D";

    private readonly Option<VggConfiguration?> _architecture = ValueOption.OneOf("--architecture", $"The paper's letter, or the usual name [default: {Default}]", ArchitectureOptions.Configurations);
    private readonly Option<bool> _batchNorm = new("--batch-norm") { Description = "Batch normalisation behind each convolution; learns faster" };
    private readonly Option<double?> _width = ValueOption.OptionalNumber("--width", "Factor on the filters of each convolution [default: 1]", "above 0 and at most 8", value => value is > 0 and <= 8);
    private readonly Option<int?> _inputSize = ValueOption.OptionalInteger("--input-size", "Side of the input in pixels [default: 32, 64 or 128, by the size of the images]", 32, 4096, allowAuto: true);
    private readonly Option<int?> _hiddenDenseLayers = ValueOption.OptionalInteger("--hidden-dense-layers", "Dense layers before the last [default: 2]", 0, 8);
    private readonly Option<int?> _denseUnits = ValueOption.OptionalInteger("--dense-units", "Units of each hidden dense layer [default: 4096 times the width]", 1, 65_536);
    private readonly Option<bool> _noFifthPool = new("--no-fifth-pool") { Description = "Leave out the last pool" };
    private readonly Option<double?> _dropout = ValueOption.OptionalNumber("--dropout", "Dropout rate behind the hidden dense layers [default: 0.5]", "0 or more and below 1", value => value is >= 0 and < 1);

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
        double width = parsed.GetValue(_width) ?? 1;
        return new VggArchitecture
        {
            Configuration = parsed.GetValue(_architecture) ?? ArchitectureOptions.Configurations[Default],
            BatchNorm = parsed.GetValue(_batchNorm),

            // Keras's.
            BatchNormEpsilon = 1e-3,
            WidthMultiplier = width,
            InputSize = inputSize,
            Classes = classes,
            HiddenDenseLayers = parsed.GetValue(_hiddenDenseLayers) ?? 2,
            DenseUnits = parsed.GetValue(_denseUnits) ?? Math.Max(1, (int)Math.Round(4096 * width)),
            FifthPool = !parsed.GetValue(_noFifthPool),
            Dropout = parsed.GetValue(_dropout) ?? 0.5,
        };
    }
}
