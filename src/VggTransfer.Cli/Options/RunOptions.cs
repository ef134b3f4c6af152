using System.CommandLine;
using VggTransfer.Features;

namespace VggTransfer.Cli;

/// <summary>How images are worked through.</summary>
internal sealed class RunOptions
{
    private static readonly FeatureExtractorOptions s_defaults = new();

    public Option<int> BatchSize { get; } = ValueOption.Integer("--batch-size", "Images in a batch", OptionRange.Of<FeatureExtractorOptions>(nameof(FeatureExtractorOptions.BatchSize)), s_defaults.BatchSize);

    public Option<int> Threads { get; } = ValueOption.Integer("--threads", "Threads for decoding and inference", OptionRange.Of<FeatureExtractorOptions>(nameof(FeatureExtractorOptions.Threads)), s_defaults.Threads);

    public Option<bool> Strict { get; } = new("--strict") { Description = "Fail at an image that can't be read, instead of skipping it" };

    public Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document on standard output" };

    public void AddTo(Command command)
    {
        command.Add(BatchSize);
        command.Add(Threads);
        command.Add(Strict);
        command.Add(Json);
    }
}
