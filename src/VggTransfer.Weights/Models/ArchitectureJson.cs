using VggTransfer.Architectures;

namespace VggTransfer.Models;

/// <summary>
/// A <see cref="VggArchitecture"/> as files spell it, in snake case. Every member is required, so that a default that
/// changes one day can't change the meaning of a file.
/// </summary>
internal sealed record ArchitectureJson
{
    public required VggConfiguration Configuration { get; init; }

    public required bool BatchNorm { get; init; }

    public required double BatchNormEpsilon { get; init; }

    public required double WidthMultiplier { get; init; }

    public required int InputSize { get; init; }

    public required int Classes { get; init; }

    public required int HiddenDenseLayers { get; init; }

    public required int DenseUnits { get; init; }

    public required bool IncludeTop { get; init; }

    public required bool FifthPool { get; init; }

    public required double Dropout { get; init; }

    public static ArchitectureJson Of(VggArchitecture architecture) => new()
    {
        Configuration = architecture.Configuration,
        BatchNorm = architecture.BatchNorm,
        BatchNormEpsilon = architecture.BatchNormEpsilon,
        WidthMultiplier = architecture.WidthMultiplier,
        InputSize = architecture.InputSize,
        Classes = architecture.Classes,
        HiddenDenseLayers = architecture.HiddenDenseLayers,
        DenseUnits = architecture.DenseUnits,
        IncludeTop = architecture.IncludeTop,
        FifthPool = architecture.FifthPool,
        Dropout = architecture.Dropout,
    };

    public VggArchitecture ToArchitecture() => new()
    {
        Configuration = Configuration,
        BatchNorm = BatchNorm,
        BatchNormEpsilon = BatchNormEpsilon,
        WidthMultiplier = WidthMultiplier,
        InputSize = InputSize,
        Classes = Classes,
        HiddenDenseLayers = HiddenDenseLayers,
        DenseUnits = DenseUnits,
        IncludeTop = IncludeTop,
        FifthPool = FifthPool,
        Dropout = Dropout,
    };
}
