using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary><c>cache</c>: what is kept between runs.</summary>
internal sealed class CacheCommand : ToolCommand
{
    public CacheCommand()
        : base("cache", "Shows and clears what is kept between runs.")
    {
        Add(new CacheInfoCommand());
        Add(new CacheClearCommand());
    }

    public override IReadOnlyList<string> Examples => ["vggtransfer cache info", "vggtransfer cache clear"];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken) =>
        throw new UsageException($"cache needs one of its commands: {string.Join(", ", Subcommands.Select(command => command.Name))}.");
}
