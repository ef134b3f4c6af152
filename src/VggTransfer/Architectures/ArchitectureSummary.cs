using System.Globalization;
using System.Text;

namespace VggTransfer.Architectures;

/// <summary>An architecture as a table of its layers, in the form that Keras 2 (tf_keras 2.21) prints for <c>model.summary()</c>.</summary>
public static class ArchitectureSummary
{
    // Where Keras ends its three columns, as parts of the line.
    private const double FirstColumnEnd = 0.45;
    private const double SecondColumnEnd = 0.85;

    // Two blanks that divide columns and one for the blank at the line's start; the last column needs neither.
    private const int ColumnGap = 3;

    private const int TrainableWidth = 11;
    private const int TorchNameWidth = 16;
    private const int ReceptiveFieldWidth = 18;
    private const int MultiplyAddsWidth = 16;
    private const int BytesPerParameter = 4;

    private static readonly string[] s_sizeUnits = ["Byte", "KB", "MB", "GB", "TB"];

    /// <summary>Renders the table; every line ends in a line feed.</summary>
    /// <param name="architecture">What to show.</param>
    /// <param name="options">Names, width and columns; null for Keras's defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option of the architecture or of the summary is out of its range.</exception>
    /// <exception cref="ArgumentException">A frozen layer doesn't exist in the architecture.</exception>
    public static string ToText(VggArchitecture architecture, SummaryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        options ??= new SummaryOptions();
        if (options.LineLength is < 40 or > 1000)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.LineLength, $"LineLength is {options.LineLength}, and must be 40 to 1000 characters.");
        }

        IReadOnlyList<VggLayer> layers = architecture.Layers;
        foreach (string frozen in options.FrozenLayers.Where(name => layers.All(layer => layer.Name != name)))
        {
            throw new ArgumentException($"FrozenLayers names '{frozen}', which {architecture.DisplayName} doesn't have.", nameof(options));
        }

        int[] columnEnds = ColumnEnds(options);
        int lineLength = columnEnds[^1];
        var text = new StringBuilder();
        text.Append("Model: \"").Append(options.ModelName ?? DefaultName(architecture, options.Style)).Append("\"\n");
        text.Append('_', lineLength).Append('\n');
        AppendRow(text, Headings(options), columnEnds);
        text.Append('=', lineLength).Append('\n');
        foreach (SummaryRow row in SummaryRow.Of(architecture, layers, options))
        {
            AppendRow(text, Cells(row, options), columnEnds);
            text.Append(' ', lineLength).Append('\n');
        }

        text.Append('=', lineLength).Append('\n');
        long total = layers.Sum(layer => layer.Parameters);
        long trainable = layers.Where(layer => !options.FrozenLayers.Contains(layer.Name)).Sum(layer => layer.TrainableParameters);
        AppendTotal(text, "Total params", total);
        AppendTotal(text, "Trainable params", trainable);
        AppendTotal(text, "Non-trainable params", total - trainable);
        return text.Append('_', lineLength).Append('\n').ToString();
    }

    private static string DefaultName(VggArchitecture architecture, SummaryStyle style) =>
        style == SummaryStyle.Sequential ? "sequential" : $"vgg{architecture.WeightedLayers}";

    private static int[] ColumnEnds(SummaryOptions options)
    {
        // Keras breaks fc1's nine digits as soon as a column follows; columns of our own bring the room that takes.
        int room = options.ShowTorchNames || options.ShowReceptiveField || options.ShowMultiplyAdds ? ColumnGap : 0;
        var ends = new List<int> { (int)(options.LineLength * FirstColumnEnd), (int)(options.LineLength * SecondColumnEnd), options.LineLength + room };
        foreach ((bool shown, int width) in new[]
        {
            (options.ShowTrainable, TrainableWidth + room),
            (options.ShowTorchNames, TorchNameWidth),
            (options.ShowReceptiveField, ReceptiveFieldWidth),
            (options.ShowMultiplyAdds, MultiplyAddsWidth),
        })
        {
            if (shown)
            {
                ends.Add(ends[^1] + width);
            }
        }

        return [.. ends];
    }

    private static List<string> Headings(SummaryOptions options) =>
        Chosen(options, ["Layer (type)", "Output Shape", "Param #"], "Trainable", "torchvision", "Receptive field", "Multiply-adds");

    private static List<string> Cells(SummaryRow row, SummaryOptions options) => Chosen(
        options,
        [$"{row.Name} ({row.Type})", row.OutputShape, row.Parameters.ToString(CultureInfo.InvariantCulture)],
        row.Trainable ? "Y" : "N",
        row.TorchName,
        row.ReceptiveField.ToString(CultureInfo.InvariantCulture),
        row.MultiplyAdds.ToString("N0", CultureInfo.InvariantCulture));

    private static List<string> Chosen(SummaryOptions options, List<string> cells, string trainable, string torchName, string receptiveField, string multiplyAdds)
    {
        if (options.ShowTrainable)
        {
            cells.Add(trainable);
        }

        if (options.ShowTorchNames)
        {
            cells.Add(torchName);
        }

        if (options.ShowReceptiveField)
        {
            cells.Add(receptiveField);
        }

        if (options.ShowMultiplyAdds)
        {
            cells.Add(multiplyAdds);
        }

        return cells;
    }

    /// <summary>One row; a cell that is too long for its column goes on in the lines below.</summary>
    private static void AppendRow(StringBuilder text, List<string> cells, int[] columnEnds)
    {
        string[] remaining = [.. cells];
        while (remaining.Any(cell => cell.Length > 0))
        {
            var line = new StringBuilder(" ");
            for (int column = 0; column < remaining.Length; column++)
            {
                int start = column == 0 ? 0 : columnEnds[column - 1];
                bool last = column == remaining.Length - 1;
                int width = columnEnds[column] - start - (last ? 0 : ColumnGap);
                string cell = remaining[column];
                int taken = Math.Min(cell.Length, width);
                line.Append(cell, 0, taken);
                line.Append(' ', Math.Max(0, columnEnds[column] - line.Length));
                remaining[column] = cell[taken..];
            }

            text.Append(line).Append('\n');
        }
    }

    private static void AppendTotal(StringBuilder text, string label, long parameters)
    {
        double size = parameters * BytesPerParameter;
        int unit = 0;
        while (size >= 1024 && unit < s_sizeUnits.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        text.Append(CultureInfo.InvariantCulture, $"{label}: {parameters} ({size:0.00} {s_sizeUnits[unit]})\n");
    }
}
