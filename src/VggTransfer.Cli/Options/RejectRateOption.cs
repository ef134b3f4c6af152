using System.CommandLine;
using VggTransfer.Classification;

namespace VggTransfer.Cli.Options;

/// <summary>When a picture is none of the classes.</summary>
internal static class RejectRateOption
{
    public static Option<double?> Create() => ValueOption.OptionalNumber(
        "--reject-rate", "Share of the classes' own pictures that may be taken for none of the classes; more finds more strangers, 0 none [default: 0.01]", "from 0 to 0.5",
        rate => rate is >= 0 and <= 0.5);

    public static double ValueOf(ParseResult parsed, Option<double?> option) => parsed.GetValue(option) ?? new ImageClassifierOptions().FalseRejectRate;
}
