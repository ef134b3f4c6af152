using System.CommandLine;
using System.Globalization;
using Spectre.Console;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary><c>cache info</c>.</summary>
internal sealed class CacheInfoCommand : ToolCommand
{
    private readonly CacheOptions _cache = new();

    public CacheInfoCommand()
        : base("info", "Shows what is kept between runs, where, and how large it is.") => _cache.AddTo(this);

    public override IReadOnlyList<string> Examples => ["vggtransfer cache info", "vggtransfer cache info --json"];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        PretrainedOptions options = _cache.Read(parsed);
        string folder = options.ResolveCacheFolder();
        (string Name, CacheContent Content)[] kinds = [.. CacheKinds.Of(options).Select(kind => (kind.Name, kind.Inspect()))];
        if (parsed.GetValue(_cache.Json))
        {
            Screen.WriteJson(new
            {
                CacheFolder = folder,
                Kinds = kinds.Select(kind => new { kind.Name, kind.Content.Files, kind.Content.Bytes, kind.Content.Note }),
                Bytes = kinds.Sum(kind => kind.Content.Bytes),
            });
            return ExitCode.Done;
        }

        Table table = ResultTable.Create().AddColumns(ResultTable.Text("Kept"), ResultTable.Number("Files"), ResultTable.Number("MB"), ResultTable.LongText("What"));
        foreach ((string name, CacheContent content) in kinds)
        {
            table.AddRow(
                new Text(name, ResultTable.Strong), new Text($"{content.Files}"), new Text((content.Bytes / 1e6).ToString("0.0", CultureInfo.InvariantCulture)), new Text(content.Note));
        }

        screen.Write(table);
        Console.Out.WriteLine($"Cache: {PrintableText.Of(folder)}");
        return ExitCode.Done;
    }
}
