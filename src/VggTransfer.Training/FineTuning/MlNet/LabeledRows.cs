using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Datasets;

namespace VggTransfer.FineTuning;

/// <summary>The images of a table: a column of paths and a key column of classes.</summary>
/// <param name="Classes">The names of the key's values, in their order.</param>
/// <param name="Images">The rows that have a class.</param>
/// <param name="WithoutLabel">How many rows have none.</param>
internal sealed record LabeledRows(IReadOnlyList<string> Classes, IReadOnlyList<LabeledImage> Images, int WithoutLabel)
{
    /// <summary>The classes that have rows, in the key's order.</summary>
    public IReadOnlyList<string> Present
    {
        get
        {
            HashSet<string> found = [.. Images.Select(image => image.Label)];
            return [.. Classes.Where(found.Contains)];
        }
    }

    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public static LabeledRows Read(IDataView data, string labelColumn, string pathColumn, string? imageFolder)
    {
        DataViewSchema.Column label = Label(data.Schema, labelColumn);
        DataViewSchema.Column path = Path(data.Schema, pathColumn);
        string[] classes = Names(label);
        var images = new List<LabeledImage>();
        int withoutLabel = 0;
        using DataViewRowCursor cursor = data.GetRowCursor([label, path]);
        ValueGetter<uint> getKey = cursor.GetGetter<uint>(label);
        ValueGetter<ReadOnlyMemory<char>> getPath = cursor.GetGetter<ReadOnlyMemory<char>>(path);
        uint key = 0;
        ReadOnlyMemory<char> file = default;
        while (cursor.MoveNext())
        {
            getKey(ref key);
            getPath(ref file);

            // Key values count from 1; 0 is ML.NET's missing value.
            if (key == 0 || key > classes.Length)
            {
                withoutLabel++;
                continue;
            }

            string name = file.ToString();
            images.Add(new LabeledImage(imageFolder is null ? name : System.IO.Path.Combine(imageFolder, name), classes[key - 1]));
        }

        return new LabeledRows(classes, images, withoutLabel);
    }

    /// <summary>The column of classes.</summary>
    /// <exception cref="ArgumentException">It is missing or no key.</exception>
    public static DataViewSchema.Column Label(DataViewSchema schema, string name) =>
        schema.GetColumnOrNull(name) is { } column && column.Type is KeyDataViewType { RawType: var raw } && raw == typeof(uint)
            ? column
            : throw new ArgumentException($"Fine-tuning needs a key column '{name}' of classes, as mlContext.Transforms.Conversion.MapValueToKey makes it, and {Found(schema, name)}.", nameof(schema));

    private static DataViewSchema.Column Path(DataViewSchema schema, string name) =>
        schema.GetColumnOrNull(name) is { Type: TextDataViewType } column
            ? column
            : throw new ArgumentException($"Fine-tuning needs a column '{name}' of text with the paths of image files, and {Found(schema, name)}.", nameof(schema));

    private static string Found(DataViewSchema schema, string name) => schema.GetColumnOrNull(name) is { } column ? $"it is {column.Type}" : "there is no such column";

    /// <summary>The key's values where they are text, otherwise their numbers.</summary>
    private static string[] Names(DataViewSchema.Column label)
    {
        int count = checked((int)((KeyDataViewType)label.Type).Count);
        if (label.HasKeyValues(TextDataViewType.Instance))
        {
            VBuffer<ReadOnlyMemory<char>> values = default;
            label.GetKeyValues(ref values);
            return [.. values.DenseValues().Select(value => value.ToString())];
        }

        return [.. Enumerable.Range(1, count).Select(value => value.ToString(CultureInfo.InvariantCulture))];
    }
}
