using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary><c>weights list</c>.</summary>
internal sealed class WeightsListCommand : ToolCommand
{
    private readonly CacheOptions _cache = new();

    public WeightsListCommand()
        : base("list", "Lists the pretrained weights that can be named, and which of them are here.") => _cache.AddTo(this);

    public override IReadOnlyList<string> Examples => ["vggtransfer weights list", "vggtransfer weights list --json"];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var report = new CatalogReport(_cache.Read(parsed));
        if (parsed.GetValue(_cache.Json))
        {
            Screen.WriteJson(report.ToJson());
        }
        else
        {
            report.Write(screen);
        }

        return ExitCode.Done;
    }
}
