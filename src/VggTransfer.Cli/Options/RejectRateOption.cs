using System.CommandLine;
using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>When a picture is none of the classes.</summary>
internal static class RejectRateOption
{
    private static readonly double s_default = new ImageClassifierOptions().FalseRejectRate;

    public static Option<double?> Create() => ValueOption.OptionalNumber(
        "--reject-rate", $"Share of the classes' own pictures that may be taken for none of the classes; more finds more strangers, 0 none [default: {s_default}]", OptionRange.Of<ImageClassifierOptions>(nameof(ImageClassifierOptions.FalseRejectRate)));

    public static double ValueOf(ParseResult parsed, Option<double?> option) => parsed.GetValue(option) ?? s_default;
}
