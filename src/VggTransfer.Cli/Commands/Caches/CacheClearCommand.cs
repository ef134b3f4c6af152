using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary><c>cache clear</c>.</summary>
internal sealed class CacheClearCommand : ToolCommand
{
    private const string All = "all";

    private static readonly string[] s_kinds = [.. CacheKinds.Names, All];

    private readonly CacheOptions _cache = new();
    private readonly Option<string?> _what = new("--what")
    {
        Description = $"What to clear: {string.Join(", ", CacheKinds.Names)}, or {All} [default: all that is made anew by itself, so not the weights]",
        HelpName = string.Join('|', s_kinds),
    };

    public CacheClearCommand()
        : base("clear", "Removes what is kept between runs, but for what a running process is using.")
    {
        Add(_what);
        _cache.AddTo(this);
        _what.Validators.Add(TextRule.OneOf("--what", s_kinds));
    }

    public override IReadOnlyList<string> Examples => ["vggtransfer cache clear", "vggtransfer cache clear --what features", "vggtransfer cache clear --what all"];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string? what = parsed.GetValue(_what);
        (string Name, long FreedBytes, long KeptBytes)[] cleared =
        [
            .. CacheKinds.Of(_cache.Read(parsed))
                .Where(kind => what == All || (what is null ? kind.MadeAnew : kind.Name == what))
                .Select(kind => (kind.Name, kind.Clear(), kind.Inspect().Bytes)),
        ];
        if (parsed.GetValue(_cache.Json))
        {
            Screen.WriteJson(new { Cleared = cleared.Select(kind => new { kind.Name, kind.FreedBytes, kind.KeptBytes }) });
            return ExitCode.Done;
        }

        foreach ((string name, long freed, long kept) in cleared)
        {
            Console.Out.WriteLine($"{name}: {freed / 1e6:0.0} MB freed{(kept == 0 ? "" : $", {kept / 1e6:0.0} MB are in use and stay")}.");
        }

        return ExitCode.Done;
    }
}
