using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary>Test-time augmentation, under the name that it usually has.</summary>
internal static class MirrorAveragingOption
{
    public static Option<bool> Create() => new("--tta")
    {
        Description = "Average each image's probabilities with those of its mirror picture (test-time augmentation): usually a little more accurate, for twice the time; not for text and the like",
    };
}
