using System.Diagnostics;
using Spectre.Console;
using VggTransfer.DataQuality;

namespace VggTransfer.Cli;

/// <summary>What a check found: how much of each kind, and the surest of it.</summary>
internal sealed class CheckReport(string folder, string? validation, ImageFolderCheckResult result, Stopwatch clock)
{
    private const int Shown = 10;

    public object ToJson(IReadOnlyList<MovedImage>? moves) => new
    {
        Folder = folder,
        Validation = validation,
        result.Images,
        Features = result.Features is { } features ? new { Layer = features.Layer.ToString(), features.InputSize, Precision = PrecisionOption.NameOf(features.Precision), features.HeldOutAccuracy } : null,
        result.Classes,
        result.Imbalance,
        result.Unreadable,
        Duplicates = result.Duplicates.Select(group => new { group.Kept, group.Copies, group.CrossesClasses, group.IsLeakage }),
        result.SuspectedLabels,
        result.Outliers,
        result.Odd,
        result.Proposals,
        Moves = moves,
        result.Notes,
        Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
    };

    public void Write(Screen screen, IReadOnlyList<MovedImage>? moves, string? report)
    {
        WriteCounts(screen);
        WriteGroups(screen);
        WriteList(screen, "Labels that are probably wrong, the surest first", "Seems to be", result.SuspectedLabels, item => item.Image, item => FormattableString.Invariant($"{PrintableText.Of(item.Suggested)} ({item.SuggestedProbability:0.00}; as labelled {item.OwnProbability:0.00})"));
        WriteList(screen, "Pictures far from all others", "Distance", result.Outliers, item => item.Image, item => FormattableString.Invariant($"{item.Distance:0.00} times the usual"));
        WriteList(screen, "Odd pictures", "Why", result.Odd, item => item.Image, item => $"{item.Width} x {item.Height}: {string.Join(", ", item.Oddities.Select(CheckWords.Of))}");
        WriteList(screen, "Files that can't be read", "Why", result.Unreadable, item => item.Image, item => item.Reason);
        foreach (string note in result.Notes)
        {
            screen.Warn(note);
        }

        Console.Out.WriteLine($"{CheckWords.Images(result.Images)} checked in {clock.Elapsed.TotalSeconds:0.0} s.");
        ReportLine.Write(report);
        WriteNext(moves);
    }

    private void WriteCounts(Screen screen)
    {
        Table table = ResultTable.Create().AddColumns(ResultTable.Text("Found"), ResultTable.Number("Images"), ResultTable.LongText(""));
        foreach ((string what, int count, string words) in CheckWords.Counts(result))
        {
            table.AddRow(new Text(what), new Text($"{count}", count == 0 ? ResultTable.Dim : ResultTable.Strong), new Text(words));
        }

        screen.Write(table);
    }

    private void WriteGroups(Screen screen)
    {
        if (result.Duplicates.Count == 0)
        {
            return;
        }

        Table table = ResultTable.Create().AddColumns(ResultTable.LongText("Copy"), ResultTable.LongText("Of"), ResultTable.LongText("How"));
        foreach (DuplicateGroup group in result.Duplicates.Take(Shown))
        {
            foreach (DuplicateImage copy in group.Copies)
            {
                table.AddRow(new Text(PrintableText.Of(copy.Image.Path)), new Text(PrintableText.Of(group.Kept.Path)), new Text(CheckWords.Of(copy, group)));
            }
        }

        screen.Write(table);
        WriteRest(result.Duplicates.Count, "groups of copies");
    }

    private static void WriteList<T>(Screen screen, string heading, string column, IReadOnlyList<T> items, Func<T, CheckedImage> imageOf, Func<T, string> words)
    {
        if (items.Count == 0)
        {
            return;
        }

        Table table = ResultTable.Create().AddColumns(ResultTable.LongText(heading), ResultTable.LongText(column));
        foreach (T item in items.Take(Shown))
        {
            table.AddRow(new Text(PrintableText.Of(imageOf(item).Path)), new Text(PrintableText.Of(words(item))));
        }

        screen.Write(table);
        WriteRest(items.Count, "of these");
    }

    private static void WriteRest(int count, string what)
    {
        if (count > Shown)
        {
            Console.Out.WriteLine($"... and {count - Shown} more {what} (--report and --json have all).");
        }
    }

    private void WriteNext(IReadOnlyList<MovedImage>? moves)
    {
        if (moves is not null)
        {
            Console.Out.WriteLine(moves.Count == 0 ? "Nothing was moved." : $"{CheckWords.Images(moves.Count)} moved; '{Tool.Name} check {PrintableText.Quote(folder)} --undo DIR' moves them back.");
        }
        else if (result.Proposals.Count > 0)
        {
            Console.Out.WriteLine($"Next: look at them, then {Tool.Name} check {PrintableText.Quote(folder)} --move-to DIR");
        }
    }
}
