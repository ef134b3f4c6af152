using System.CommandLine;
using VggTransfer.Models;

namespace VggTransfer.Cli;

/// <summary>In which arithmetic a network gives its features, by the names of this command line.</summary>
internal static class PrecisionOption
{
    private static readonly Dictionary<string, OnnxPrecision> s_names = new(StringComparer.Ordinal)
    {
        ["int8"] = OnnxPrecision.Int8,
        ["fp32"] = OnnxPrecision.Float32,
    };

    /// <summary>For features as they are asked for.</summary>
    public static Option<OnnxPrecision?> Create() => ValueOption.OneOf("--precision", "The network's arithmetic; int8 is faster and needs ranges, which the embedded backbones have [default: fp32]", s_names);

    /// <summary>For a training, which can compare; null to choose.</summary>
    public static Option<OnnxPrecision?> CreateAuto() => ValueOption.OneOf(
        "--precision", "The network's arithmetic; auto takes int8 where its features are near enough to fp32's [default: auto]", s_names, allowAuto: true);

    public static string NameOf(OnnxPrecision precision) => s_names.First(pair => pair.Value == precision).Key;
}
