using Spectre.Console;
using Spectre.Console.Rendering;

namespace VggTransfer.Cli;

/// <summary>
/// Where a command writes: results to standard output, everything else to standard error. Colours and bars only on a
/// terminal that wants them.
/// </summary>
internal sealed class Screen
{
    // Redirected tables and lines are never broken: grep and diff see whole rows.
    private const int EndlessWidth = 100_000;

    /// <summary>Characters that are left to a text that may be broken into lines.</summary>
    private const int NarrowestText = 12;

    private readonly bool _quiet;
    private readonly IAnsiConsole _error;

    public Screen(bool quiet)
    {
        _quiet = quiet;
        Out = Create(Console.Out, Console.IsOutputRedirected);
        _error = Create(Console.Error, Console.IsErrorRedirected);
    }

    /// <summary>For results: tables and styled lines.</summary>
    public IAnsiConsole Out { get; }

    /// <summary>Whether rows on standard output are themselves the progress that someone watches.</summary>
    public static bool ShowsRows => !Console.IsOutputRedirected;

    /// <summary>Whether progress is shown as bars that move.</summary>
    public bool HasBars => !_quiet && _error.Profile.Capabilities.Ansi;

    /// <summary>A table of <c>ResultTable</c>. Where it is wider than the terminal its lines go on beyond the edge, because numbers that are torn apart can't be read.</summary>
    public void Write(Table table)
    {
        int width = Out.Profile.Width;
        if (!Fits(table))
        {
            Out.Profile.Width = EndlessWidth;
        }

        Out.Write(table);
        Out.Profile.Width = width;
    }

    /// <summary>Whether a table of <c>ResultTable</c> fits the terminal's width, its long texts broken where need be.</summary>
    public bool Fits(Table table)
    {
        RenderOptions options = RenderOptions.Create(Out);
        int content = table.Columns.Index().Sum(item =>
            table.Rows.Select(row => row[item.Index]).Prepend(item.Item.Header).Max(cell => item.Item.NoWrap
                ? cell.Measure(options, EndlessWidth).Max
                : Math.Min(cell.Measure(options, EndlessWidth).Max, NarrowestText)));

        // A blank on both sides of a cell, and one for each line of the border.
        return content + (3 * table.Columns.Count) + 1 <= Out.Profile.Width;
    }

    /// <summary>Prints a JSON document.</summary>
    public static void WriteJson<T>(T document) => Console.Out.WriteLine(JsonOutput.Serialize(document));

    /// <summary>A line of information on standard error; none with --quiet.</summary>
    public void Announce(string line)
    {
        if (!_quiet)
        {
            _error.Write(new Text(PrintableText.Of(line) + "\n", new Style(decoration: Decoration.Dim)));
        }
    }

    /// <summary>A warning on standard error.</summary>
    public void Warn(string sentence) => _error.Write(new Paragraph("warning: ", new Style(Color.Yellow)).Append(PrintableText.Of(sentence) + "\n"));

    /// <summary>Does work and shows how far it is.</summary>
    public T Watch<T>(Func<IWorkProgress, T> work)
    {
        if (_quiet)
        {
            return work(new NoProgress());
        }

        if (!_error.Profile.Capabilities.Ansi)
        {
            return work(new LineProgress(Console.Error));
        }

        return new Spectre.Console.Progress(_error)
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new PaceColumn())
            .Start(context => work(new BarProgress(context)));
    }

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        bool plain = redirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) || Environment.GetEnvironmentVariable("TERM") == "dumb";
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,

            // Nothing ever asks; but bars only move on a console that could.
            Interactive = plain ? InteractionSupport.No : InteractionSupport.Yes,

            // Build servers' variables would switch colours on in redirected output.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        if (redirected)
        {
            console.Profile.Width = EndlessWidth;
        }

        return console;
    }
}
