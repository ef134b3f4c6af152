using System.Globalization;
using System.Text.RegularExpressions;
using VggTransfer.Architectures;
using VggTransfer.Keras.Layers;

namespace VggTransfer.Keras.Models;

/// <summary>A model as the table that Keras 2 prints (keras/src/utils/layer_utils.py, <c>print_summary</c>).</summary>
internal sealed class ModelSummary(Model model, bool showTrainable, bool expandNested)
{
    private static readonly TimeSpan s_patternTimeout = TimeSpan.FromSeconds(1);

    public string ToText(int? lineLength, IReadOnlyList<double>? positions, (string First, string Last)? layerRange)
    {
        int length = lineLength ?? SummaryTable.DefaultLineLength;
        if (length is < 40 or > 1000)
        {
            throw new ArgumentOutOfRangeException(nameof(lineLength), length, "A summary's line must be 40 to 1000 characters long.");
        }

        List<int> columnEnds = [.. positions is null ? SummaryTable.ColumnEnds(length) : ColumnEnds(positions, length)];
        List<string> headings = [.. SummaryTable.Headings];
        if (showTrainable)
        {
            length += SummaryTable.TrainableWidth;
            columnEnds.Add(length);
            headings.Add(SummaryTable.TrainableHeading);
        }

        var table = new SummaryTable(model.Name, headings, columnEnds, length);
        foreach (Layer layer in Range(VisibleLayers(model), layerRange))
        {
            Add(table, layer, 0, lastOfNested: false);
        }

        (long total, long trainable) = Count(model, frozen: false);
        return table.Finish(total, trainable);
    }

    /// <summary>The numbers in a layer's weights, and how many of them training may change.</summary>
    /// <param name="layer">A layer or a model.</param>
    /// <param name="frozen">Whether a model around it isn't trainable, and so nothing in it.</param>
    private static (long Total, long Trainable) Count(Layer layer, bool frozen)
    {
        frozen |= !layer.Trainable;
        if (layer is not Model within)
        {
            return (layer.ParameterCount, frozen ? 0 : layer.Variables.Where(variable => variable.Trainable).Sum(variable => variable.Count));
        }

        (long total, long trainable) = (0, 0);
        foreach (Layer inner in within.Layers)
        {
            (long all, long some) = Count(inner, frozen);
            total += all;
            trainable += some;
        }

        return (total, trainable);
    }

    /// <summary>A Sequential keeps its Input to itself, a Functional shows it.</summary>
    private static List<Layer> VisibleLayers(Model model) =>
        [.. model is Sequential ? model.Layers.Where(layer => layer is not Input) : model.Layers];

    private static int[] ColumnEnds(IReadOnlyList<double> positions, int lineLength)
    {
        if (positions.Count != SummaryTable.Headings.Count || positions[0] <= 0 || positions.Zip(positions.Skip(1)).Any(pair => pair.Second <= pair.First) || positions[^1] > 1000)
        {
            throw new ArgumentException("A summary's positions are three ascending numbers: parts of the line up to 1, or characters.", nameof(positions));
        }

        return [.. positions.Select(position => (int)(positions[^1] <= 1 ? lineLength * position : position))];
    }

    private static List<Layer> Range(List<Layer> layers, (string First, string Last)? range)
    {
        if (range is not var (first, last))
        {
            return layers;
        }

        int[] begin = Matches(layers, first);
        int[] end = Matches(layers, last);

        // Keras takes the two in either order.
        (int from, int to) = begin[0] <= end[^1] ? (begin[0], end[^1]) : (end[0], begin[^1]);
        return layers[from..(to + 1)];
    }

    private static int[] Matches(List<Layer> layers, string pattern)
    {
        var name = new Regex($@"\A(?:{pattern})", RegexOptions.CultureInvariant, s_patternTimeout);
        int[] matches = [.. Enumerable.Range(0, layers.Count).Where(i => name.IsMatch(layers[i].Name))];
        return matches.Length > 0
            ? matches
            : throw new ArgumentException($"No layer's name begins with '{pattern}'; there are {string.Join(", ", layers.Select(layer => layer.Name))}.", nameof(pattern));
    }

    private void Add(SummaryTable table, Layer layer, int nesting, bool lastOfNested)
    {
        table.AddRow(Cells(layer), nesting);
        if (expandNested && layer is Model within)
        {
            List<Layer> layers = VisibleLayers(within);
            table.AddNestingRule(nesting + 1);
            foreach (Layer inner in layers)
            {
                Add(table, inner, nesting + 1, lastOfNested: inner == layers[^1]);
            }

            table.AddNestingRule(nesting);
        }
        else if (!lastOfNested)
        {
            table.AddGap(nesting);
        }
    }

    private List<string> Cells(Layer layer)
    {
        List<string> cells = [$"{layer.Name} ({layer.ClassName})", Shape(layer), layer.ParameterCount.ToString(CultureInfo.InvariantCulture)];
        if (showTrainable)
        {
            cells.Add(layer.Trainable ? "Y" : "N");
        }

        return cells;
    }

    /// <summary>With the batch as <c>None</c>; an input's is a list of one.</summary>
    private static string Shape(Layer layer)
    {
        string shape = layer.OutputShape.Count == 0 ? "(None,)" : $"(None, {string.Join(", ", layer.OutputShape)})";
        return layer is Input ? $"[{shape}]" : shape;
    }
}
