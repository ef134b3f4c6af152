using System.Globalization;
using System.Text;
using VggTransfer.Files;

namespace VggTransfer.Keras.Plots;

/// <summary>
/// The curves of a training as a picture: loss, each metric and the learning rate over the epochs, training and validation
/// in one panel.
/// </summary>
public sealed class TrainingCurves
{
    private const string ValidationPrefix = "val_";
    private const string LearningRate = "lr";

    private readonly IReadOnlyList<Curve> _curves;

    internal TrainingCurves(IReadOnlyList<Curve> curves) => _curves = curves;

    /// <summary>The curves of a log that <c>CSVLogger</c> wrote, whoever trained: a column for each figure, NA where there is none.</summary>
    /// <param name="path">The file; its fields are divided by commas.</param>
    /// <exception cref="IOException">The file can't be read, or isn't such a log.</exception>
    public static TrainingCurves ReadCsv(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string[] names = lines.Length > 0 ? lines[0].Split(',') : [];
        int epochColumn = Array.IndexOf(names, "epoch");
        if (epochColumn < 0)
        {
            throw new InvalidDataException($"'{path}' isn't a log of a training: its first line must name the columns, and one of them is 'epoch'.");
        }

        var points = names.Select(_ => new List<(int, double)>()).ToArray();
        foreach ((int number, string line) in lines.Index().Skip(1).Where(line => line.Item.Length > 0))
        {
            string[] fields = line.Split(',');
            if (fields.Length != names.Length || !int.TryParse(fields[epochColumn], NumberStyles.None, CultureInfo.InvariantCulture, out int epoch))
            {
                throw new InvalidDataException($"Line {number + 1} of '{path}' doesn't fit the columns that its first line names.");
            }

            for (int i = 0; i < fields.Length; i++)
            {
                if (i != epochColumn && double.TryParse(fields[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value))
                {
                    points[i].Add((epoch, value));
                }
            }
        }

        return new TrainingCurves([.. names.Zip(points, (name, list) => new Curve(name, list)).Where(curve => curve.Points.Count > 0)]);
    }

    /// <summary>Writes the picture as SVG, which browsers and editors show. The file appears whole or not at all.</summary>
    /// <param name="path">The file, by custom an .svg.</param>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, or the like.</exception>
    public void Save(string path)
    {
        byte[] content = Encoding.UTF8.GetBytes(ToSvg());
        AtomicFile.Write(path, stream => stream.Write(content));
    }

    internal string ToSvg()
    {
        string[] measures = [.. _curves.Select(curve => Measure(curve.Name)).Distinct().OrderBy(Rank)];
        return Chart.ToSvg([.. measures.Select(Draw)]);
    }

    private Chart Draw(string measure)
    {
        // All charts share their epochs, so that what lies below each other belongs together.
        int[] epochs = [.. _curves.SelectMany(curve => curve.Points).Select(point => point.Epoch + 1)];
        (Curve Curve, string Name)[] drawn = [.. _curves.Where(curve => Measure(curve.Name) == measure).Select(curve => (curve, curve.Name == measure ? "training" : "validation")).OrderByDescending(pair => pair.Item2)];
        double[] values = [.. drawn.SelectMany(pair => pair.Curve.Points).Select(point => point.Value)];
        bool isLogarithmic = measure == LearningRate && values.Min() > 0 && values.Max() / values.Min() >= 10;
        var chart = new Chart(
            measure == LearningRate ? "learning rate" : measure, Axis.Whole(epochs.Min(), epochs.Max(), "epoch"), isLogarithmic ? Axis.Logarithmic(values) : Axis.Linear(values));
        foreach ((Curve curve, string name) in drawn)
        {
            int series = curve.Name == measure ? 0 : 1;
            chart.Line(curve.Points.Select(point => (point.Epoch + 1.0, point.Value)), series);
            if (drawn.Length > 1 || series == 1)
            {
                chart.Name(name, series);
            }
        }

        return chart;
    }

    private static string Measure(string name) => name.StartsWith(ValidationPrefix, StringComparison.Ordinal) ? name[ValidationPrefix.Length..] : name;

    private static int Rank(string measure) => measure switch
    {
        "loss" => 0,
        LearningRate => 2,
        _ => 1,
    };
}
