using System.CommandLine;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary>Where published weights are kept.</summary>
internal sealed class CacheOptions
{
    private readonly Option<string?> _cache = new("--cache")
    {
        Description = $"The folder that published weights are kept in [default: {PretrainedOptions.CacheVariable}, or the system's place for caches]",
        HelpName = "FOLDER",
    };

    public Option<bool> Json { get; } = new("--json") { Description = "Print one JSON document on standard output" };

    public void AddTo(Command command)
    {
        command.Add(_cache);
        command.Add(Json);
    }

    public PretrainedOptions Read(ParseResult parsed) => new() { CacheFolder = parsed.GetValue(_cache) };
}
