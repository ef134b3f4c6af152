using System.CommandLine;
using VggTransfer.Features;

namespace VggTransfer.Cli.Options;

/// <summary>How images are worked through.</summary>
internal sealed class RunOptions
{
    public Option<int> BatchSize { get; } = ValueOption.Integer("--batch-size", "Images in a batch", 1, 256, FeatureExtractorOptions.DefaultBatchSize);

    public Option<int> Threads { get; } = ValueOption.Integer("--threads", "Threads for decoding and inference", 1, 1024, Math.Min(Environment.ProcessorCount, 1024));

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
