using System.Globalization;
using System.Text;

namespace VggTransfer.Architectures;

/// <summary>The table that Keras 2 prints for <c>model.summary()</c>, as text (layer_utils.py of tf_keras 2.21).</summary>
internal sealed class SummaryTable
{
    /// <summary>Keras's width of its three columns together.</summary>
    public const int DefaultLineLength = 65;

    /// <summary>What Keras's column <c>Trainable</c> adds to the line.</summary>
    public const int TrainableWidth = 11;

    public const string TrainableHeading = "Trainable";

    /// <summary>Two blanks that divide columns and one for the blank at the line's start; the last column needs neither.</summary>
    public const int ColumnGap = 3;

    // Where Keras ends its three columns, as parts of the line.
    private const double FirstColumnEnd = 0.45;
    private const double SecondColumnEnd = 0.85;

    private const int BytesPerParameter = 4;
    private const char NestingRule = '\u00AF';

    private static readonly string[] s_sizeUnits = ["Byte", "KB", "MB", "GB", "TB"];

    private readonly StringBuilder _text = new();
    private readonly IReadOnlyList<int> _columnEnds;
    private readonly int _lineLength;

    /// <param name="modelName">For the first line.</param>
    /// <param name="headings">Of the columns.</param>
    /// <param name="columnEnds">Where each column ends, counted from the line's start.</param>
    /// <param name="lineLength">Length of the rules; the end of the last column if left out.</param>
    public SummaryTable(string modelName, IReadOnlyList<string> headings, IReadOnlyList<int> columnEnds, int? lineLength = null)
    {
        _columnEnds = columnEnds;
        _lineLength = lineLength ?? columnEnds[^1];
        _text.Append("Model: \"").Append(modelName).Append("\"\n");
        AddRule('_');
        AddRow(headings);
        AddRule('=');
    }

    /// <summary>Keras's three columns.</summary>
    public static IReadOnlyList<string> Headings { get; } = ["Layer (type)", "Output Shape", "Param #"];

    /// <summary>Where they end in a line of a given length.</summary>
    public static IReadOnlyList<int> ColumnEnds(int lineLength) => [(int)(lineLength * FirstColumnEnd), (int)(lineLength * SecondColumnEnd), lineLength];

    /// <summary>One row; a cell that is too long for its column goes on in the lines below.</summary>
    /// <param name="cells">One for each column.</param>
    /// <param name="nesting">How many models the row's layer lies in, beyond the summary's own.</param>
    public void AddRow(IReadOnlyList<string> cells, int nesting = 0)
    {
        string[] remaining = [.. cells];
        while (remaining.Any(cell => cell.Length > 0))
        {
            var line = new StringBuilder();
            line.Append('|', nesting).Append(' ');
            for (int column = 0; column < remaining.Length; column++)
            {
                int start = column == 0 ? nesting : _columnEnds[column - 1];
                bool last = column == remaining.Length - 1;
                int width = _columnEnds[column] - start - (last ? 0 : ColumnGap);
                string cell = remaining[column];

                // At least one character a line, lest a column without room never end.
                int taken = Math.Min(cell.Length, Math.Max(1, width));
                line.Append(cell, 0, taken);
                line.Append(' ', Math.Max(0, _columnEnds[column] - line.Length - (last ? nesting : 0)));
                remaining[column] = cell[taken..];
            }

            _text.Append(line.Append('|', nesting)).Append('\n');
        }
    }

    /// <summary>The empty line behind a row.</summary>
    public void AddGap(int nesting = 0) => AddFramed(' ', nesting);

    /// <summary>The line above or below the rows of a model within.</summary>
    /// <param name="nesting">The level of its frame: 1 above the rows of a model in the summary's own, 0 below them.</param>
    public void AddNestingRule(int nesting) => AddFramed(NestingRule, nesting);

    /// <summary>Ends the table and gives the text; every line ends in a line feed.</summary>
    public string Finish(long parameters, long trainable)
    {
        AddRule('=');
        AddTotal("Total params", parameters);
        AddTotal("Trainable params", trainable);
        AddTotal("Non-trainable params", parameters - trainable);
        AddRule('_');
        return _text.ToString();
    }

    private void AddRule(char character) => _text.Append(character, _lineLength).Append('\n');

    private void AddFramed(char filling, int nesting) =>
        _text.Append('|', nesting).Append(filling, Math.Max(0, _lineLength - (2 * nesting))).Append('|', nesting).Append('\n');

    private void AddTotal(string label, long parameters)
    {
        double size = parameters * BytesPerParameter;
        int unit = 0;
        while (size >= 1024 && unit < s_sizeUnits.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        _text.Append(CultureInfo.InvariantCulture, $"{label}: {parameters} ({size:0.00} {s_sizeUnits[unit]})\n");
    }
}
