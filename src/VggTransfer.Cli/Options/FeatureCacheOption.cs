using System.CommandLine;
using VggTransfer.FeatureCaching;

namespace VggTransfer.Cli;

/// <summary>Whether features are kept for later runs: yes, unless said otherwise.</summary>
internal sealed class FeatureCacheOption
{
    private readonly Option<bool> _none = new("--no-cache") { Description = "Compute all features anew, and keep none for later runs" };

    public void AddTo(Command command) => command.Add(_none);

    public FeatureCacheOptions? Read(ParseResult parsed) => parsed.GetValue(_none) ? null : FeatureCacheOptions.FromEnvironment();
}
