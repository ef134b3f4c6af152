using System.Globalization;
using System.Text.RegularExpressions;

namespace VggTransfer.Parity.Keras;

/// <summary>A row of a summary that Keras printed.</summary>
/// <param name="Nesting">How many models its layer lies in.</param>
/// <param name="Name">The layer's name.</param>
/// <param name="Class">Its class.</param>
/// <param name="Shape">One sample's output.</param>
/// <param name="Trainable">What the column says; null where there is none.</param>
internal sealed record GoldenSummaryRow(int Nesting, string Name, string Class, int[] Shape, bool? Trainable);

/// <summary>A file of <c>summary/tf_keras</c>: <c>MODEL.LENGTH[.trainable][.nested].txt</c>.</summary>
internal sealed partial class GoldenSummary
{
    private const int DefaultLength = 65;
    private const int TrainableWidth = 11;

    private GoldenSummary(string path, Match name)
    {
        Path = path;
        Model = name.Groups["model"].Value;
        LineLength = int.TryParse(name.Groups["length"].Value, CultureInfo.InvariantCulture, out int length) ? length : null;
        ShowTrainable = name.Groups["trainable"].Success;
        ExpandNested = name.Groups["nested"].Success;
        Text = File.ReadAllText(path);
    }

    public string Path { get; }

    /// <summary>The model's name in <c>models.json</c>.</summary>
    public string Model { get; }

    /// <summary>Null for Keras's default.</summary>
    public int? LineLength { get; }

    public bool ShowTrainable { get; }

    public bool ExpandNested { get; }

    public string Text { get; }

    /// <summary>The model's own name.</summary>
    public string ModelName => ModelLine().Match(Text).Groups[1].Value;

    public static IEnumerable<GoldenSummary> Find(string folder) =>
        from path in Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal)
        let name = FileName().Match(System.IO.Path.GetFileName(path))
        where name.Success
        select new GoldenSummary(path, name);

    /// <summary>The rows, cells that go on in the lines below put together.</summary>
    public IReadOnlyList<GoldenSummaryRow> Rows()
    {
        int length = LineLength ?? DefaultLength;
        int[] ends = ShowTrainable ? [(int)(length * 0.45), (int)(length * 0.85), length, length + TrainableWidth] : [(int)(length * 0.45), (int)(length * 0.85), length];
        var rows = new List<GoldenSummaryRow>();
        string[] cells = new string[ends.Length];
        int nesting = 0;
        string[] lines = Text.Split('\n');
        int first = Array.FindIndex(lines, line => line.StartsWith('=')) + 1;
        int last = Array.FindLastIndex(lines, line => line.StartsWith('='));
        foreach (string line in lines[first..last].Append(""))
        {
            int level = line.TakeWhile(character => character == '|').Count();
            string content = line.Trim('|', ' ', '\u00AF');
            if (content.Length > 0)
            {
                nesting = level;
                for (int column = 0; column < ends.Length; column++)
                {
                    int start = column == 0 ? level + 1 : ends[column - 1];
                    cells[column] += line[start..Math.Min(ends[column], line.Length - level)].TrimEnd();
                }
            }
            else if (!string.IsNullOrEmpty(cells[0]))
            {
                rows.Add(Row(nesting, cells));
                cells = new string[ends.Length];
            }
        }

        return rows;
    }

    private static GoldenSummaryRow Row(int nesting, string[] cells)
    {
        Match layer = NameAndClass().Match(cells[0]);
        int[] shape = [.. Number().Matches(cells[1]).Select(number => int.Parse(number.ValueSpan, CultureInfo.InvariantCulture))];
        return layer.Success
            ? new GoldenSummaryRow(nesting, layer.Groups[1].Value, layer.Groups[2].Value, shape, cells.Length > 3 ? cells[3] == "Y" : null)
            : throw new InvalidDataException($"'{cells[0]}' isn't a layer and its class.");
    }

    [GeneratedRegex(@"^(?<model>.+?)\.(?<length>default|\d+)(?<trainable>\.trainable)?(?<nested>\.nested)?\.txt$", RegexOptions.ExplicitCapture)]
    private static partial Regex FileName();

    [GeneratedRegex("^Model: \"(.*)\"")]
    private static partial Regex ModelLine();

    [GeneratedRegex(@"^(\S+) ?\((\w+)\)$")]
    private static partial Regex NameAndClass();

    [GeneratedRegex(@"\d+")]
    private static partial Regex Number();
}
