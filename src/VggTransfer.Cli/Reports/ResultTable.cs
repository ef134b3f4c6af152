using Spectre.Console;

namespace VggTransfer.Cli;

/// <summary>The look of all tables.</summary>
internal static class ResultTable
{
    public static Style Strong { get; } = new(decoration: Decoration.Bold);

    public static Style Dim { get; } = new(decoration: Decoration.Dim);

    public static Style Good { get; } = new(Color.Green);

    public static Style Bad { get; } = new(Color.Red);

    public static Table Create() => new Table().Border(TableBorder.Simple);

    // As Text, not as markup: class names may hold brackets.
    public static TableColumn Text(string heading) => new(new Text(heading)) { NoWrap = true };

    /// <summary>For text that may be too long for a terminal's width.</summary>
    public static TableColumn LongText(string heading) => new(new Text(heading));

    public static TableColumn Number(string heading) => new TableColumn(new Text(heading)) { NoWrap = true }.RightAligned();

    public static string Percent(double share) => $"{share * 100:0.0} %";
}
