using System.Globalization;

namespace VggTransfer.Architectures;

/// <summary>An architecture as a table of its layers, in the form that Keras 2 (tf_keras 2.21) prints for <c>model.summary()</c>.</summary>
public static class ArchitectureSummary
{
    private const int TorchNameWidth = 16;
    private const int ReceptiveFieldWidth = 18;
    private const int MultiplyAddsWidth = 16;

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

        var table = new SummaryTable(options.ModelName ?? DefaultName(architecture, options.Style), Headings(options), ColumnEnds(options));
        foreach (SummaryRow row in SummaryRow.Of(architecture, layers, options))
        {
            table.AddRow(Cells(row, options));
            table.AddGap();
        }

        long total = layers.Sum(layer => layer.Parameters);
        long trainable = layers.Where(layer => !options.FrozenLayers.Contains(layer.Name)).Sum(layer => layer.TrainableParameters);
        return table.Finish(total, trainable);
    }

    private static string DefaultName(VggArchitecture architecture, SummaryStyle style) =>
        style == SummaryStyle.Sequential ? "sequential" : $"vgg{architecture.WeightedLayers}";

    private static int[] ColumnEnds(SummaryOptions options)
    {
        // Keras breaks fc1's nine digits as soon as a column follows; columns of our own bring the room that takes.
        int room = options.ShowTorchNames || options.ShowReceptiveField || options.ShowMultiplyAdds ? SummaryTable.ColumnGap : 0;
        List<int> ends = [.. SummaryTable.ColumnEnds(options.LineLength)];
        ends[^1] += room;
        foreach ((bool shown, int width) in new[]
        {
            (options.ShowTrainable, SummaryTable.TrainableWidth + room),
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
        Chosen(options, [.. SummaryTable.Headings], SummaryTable.TrainableHeading, "torchvision", "Receptive field", "Multiply-adds");

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
}
