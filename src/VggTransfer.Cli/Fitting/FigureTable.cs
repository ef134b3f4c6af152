using System.Globalization;
using System.Text;
using VggTransfer.Files;
using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Cli.Fitting;

/// <summary>The figures of a training as the table that <see cref="CSVLogger"/> writes, from what is known at its end.</summary>
internal static class FigureTable
{
    // Keras keeps it in 4-byte floating point.
    private const string LearningRate = "lr";

    /// <param name="path">The file.</param>
    /// <param name="epochs">The figures of each epoch.</param>
    public static void Write(string path, IReadOnlyList<Logs> epochs)
    {
        string[] names = [.. epochs.SelectMany(figures => figures.Keys).Distinct().Order(StringComparer.Ordinal)];
        var text = new StringBuilder();
        text.AppendJoin(',', names.Prepend("epoch")).Append("\r\n");
        foreach ((int epoch, Logs figures) in epochs.Index())
        {
            text.AppendJoin(',', names.Select(name => Field(figures, name)).Prepend(epoch.ToString(CultureInfo.InvariantCulture))).Append("\r\n");
        }

        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string Field(Logs figures, string name) =>
        !figures.TryGetValue(name, out double value) ? "NA"
        : name == LearningRate ? ((float)value).ToString("R", CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture);
}
