using System.Globalization;
using Spectre.Console;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary>The pretrained weights that can be named: those that come with the program, then the catalog's.</summary>
internal sealed class CatalogReport(PretrainedOptions options)
{
    private readonly IReadOnlyList<Row> _rows = [.. PretrainedBackbones.Names.Select(OfBackbone), .. Pretrained.List(options).Select(OfEntry)];

    public object ToJson() => new
    {
        CacheFolder = options.ResolveCacheFolder(),
        Weights = _rows.Select(row => new
        {
            row.Name,
            Architecture = row.Architecture.DisplayName,
            row.Bytes,
            row.Licence,
            Preprocessing = row.Preprocessing,
            Top1Accuracy = row.Top1,
            Top5Accuracy = row.Top5,
            row.Place,
            row.Path,
            row.Address,
        }),
    };

    public void Write(Screen screen)
    {
        Table table = CreateTable(isNarrow: false);
        bool isNarrow = !screen.Fits(table);
        screen.Write(isNarrow ? CreateTable(isNarrow) : table);
        if (isNarrow)
        {
            Console.Out.WriteLine("A wider terminal or --json shows licence, size, preprocessing and accuracy, too.");
        }

        Console.Out.WriteLine($"Cache: {PrintableText.Of(options.ResolveCacheFolder())}");
    }

    /// <summary>All columns, or those by which one chooses and the place: --json has the rest.</summary>
    private Table CreateTable(bool isNarrow)
    {
        Table table = ResultTable.Create().AddColumns(ResultTable.Text("Name"), ResultTable.LongText("Network"));
        if (!isNarrow)
        {
            table.AddColumns(ResultTable.Number("MB"), ResultTable.Text("Licence"), ResultTable.Text("Preprocessing"), ResultTable.Number("Top-1"), ResultTable.Number("Top-5"));
        }

        table.AddColumn(ResultTable.Text("Here"));
        foreach (Row row in _rows)
        {
            Text[] figures =
            [
                new(Number(row.Bytes / 1e6, "0.0")), new(row.Licence ?? "unknown"), new(row.Preprocessing ?? "unknown"), new(Number(row.Top1, "0.00")), new(Number(row.Top5, "0.00")),
            ];
            table.AddRow(
            [
                new Text(row.Name, ResultTable.Strong), new Text(row.Architecture.DisplayName), .. isNarrow ? [] : figures,
                new Text(Describe(row.Place), row.Place == WeightsPlace.Elsewhere ? ResultTable.Dim : ResultTable.Good),
            ]);
        }

        return table;
    }

    private static Row OfBackbone(string name)
    {
        using VggModel model = PretrainedBackbones.Open(name);
        string path = PretrainedBackbones.Path(name);
        string? preprocessing = PreprocessingOption.NameOf(model.Preprocessing);
        return new Row(name, model.Architecture, new FileInfo(path).Length, model.Provenance.Licence, preprocessing, null, null, WeightsPlace.BuiltIn, path, null);
    }

    private static Row OfEntry(PretrainedStatus status)
    {
        PretrainedEntry entry = status.Entry;
        WeightsPlace place = status.ReadyPath is not null ? WeightsPlace.Cache : status.SourcePath is not null ? WeightsPlace.CacheUnconverted : WeightsPlace.Elsewhere;
        return new Row(entry.Name, entry.Architecture, entry.Bytes, entry.Licence, PreprocessingOption.NameOf(entry.Preprocessing), entry.Top1Accuracy, entry.Top5Accuracy, place, status.ReadyPath ?? status.SourcePath, entry.Address);
    }

    private static string Describe(WeightsPlace place) => place switch
    {
        WeightsPlace.BuiltIn => "comes with it",
        WeightsPlace.Cache => "in the cache",
        WeightsPlace.CacheUnconverted => "in the cache, not yet converted",
        _ => "no",
    };

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private enum WeightsPlace
    {
        BuiltIn,
        Cache,
        CacheUnconverted,
        Elsewhere,
    }

    private sealed record Row(
        string Name, VggArchitecture Architecture, long? Bytes, string? Licence, string? Preprocessing, double? Top1, double? Top5, WeightsPlace Place, string? Path, Uri? Address);
}
