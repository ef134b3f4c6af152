using System.Text;
using VggTransfer.Files;
using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Writes a line for each epoch to a CSV file (keras/src/callbacks.py): the epoch from 0, then the figures in the order of
/// their names. Columns are those of the first epoch; if that has no validation figures, columns for them are added, and NA
/// stands where there is none.
/// </summary>
public class CSVLogger : Callback
{
    // Python's csv module ends lines so on every system.
    private const string LineEnd = "\r\n";

    private readonly string _filename;
    private readonly char _separator;
    private readonly bool _append;
    private bool _writesHeader = true;
    private bool _headerIsDue;
    private string[]? _columns;

    /// <param name="filename">The file; its folder must exist.</param>
    /// <param name="separator">One character between fields.</param>
    /// <param name="append">Whether lines are added to a file that exists, whatever its columns; otherwise it is replaced.</param>
    /// <exception cref="ArgumentException">The separator isn't one character.</exception>
    public CSVLogger(string filename, string separator = ",", bool append = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(filename);
        ArgumentNullException.ThrowIfNull(separator);
        _separator = separator.Length == 1 ? separator[0] : throw new ArgumentException($"A separator is one character, and not \"{separator}\".", nameof(separator));
        _filename = filename;
        _append = append;
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public override void OnTrainBegin(Logs logs)
    {
        _headerIsDue = true;
        if (Parameters.Resuming)
        {
            return;
        }

        if (_append && File.Exists(_filename))
        {
            _writesHeader = new FileInfo(_filename).Length == 0;
        }
        else
        {
            File.WriteAllText(_filename, "");
        }
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The file can't be written.</exception>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        ArgumentNullException.ThrowIfNull(logs);
        _columns ??= ColumnsOf(logs);
        var lines = new StringBuilder();
        if (_headerIsDue && _writesHeader)
        {
            AppendLine(lines, ["epoch", .. _columns]);
        }

        _headerIsDue = false;
        AppendLine(lines, [$"{epoch}", .. _columns.Select(name => Value(logs, name))]);

        // Opened for each epoch: no handle is left behind by a training that ends with an exception.
        File.AppendAllText(_filename, lines.ToString());
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyDictionary<string, NDArray> SaveState() => new Dictionary<string, NDArray>(StringComparer.Ordinal)
    {
        ["length"] = NDArray.From([(double)(File.Exists(_filename) ? new FileInfo(_filename).Length : 0)]),
        ["flags"] = NDArray.From([_writesHeader ? 1 : 0, _headerIsDue ? 1 : 0, _columns is null ? 0 : 1]),
        ["columns"] = NDArray.From(Encoding.UTF8.GetBytes(string.Join('\n', _columns ?? []))),
    };

    /// <inheritdoc/>
    protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        double length = state.Numbers("length", 1)[0];
        int[] flags = state.Integers("flags", 3);
        (_writesHeader, _headerIsDue) = (flags[0] == 1, flags[1] == 1);
        _columns = flags[2] == 1 && state.TryGetValue("columns", out NDArray? names) && names.Values is byte[] text ? Encoding.UTF8.GetString(text).Split('\n') : null;
        if (File.Exists(_filename) && new FileInfo(_filename).Length >= length)
        {
            // What was written after the checkpoint is written again.
            using FileStream file = File.Open(_filename, FileMode.Open, FileAccess.Write);
            file.SetLength((long)length);
        }
        else
        {
            Model.Warn($"'{_filename}' doesn't hold the lines of the interrupted training any more; it begins anew with the next epoch.");
            File.WriteAllText(_filename, "");
            (_writesHeader, _headerIsDue) = (true, true);
        }
    }

    /// <summary>Writes the figures of some epochs at once. The file appears whole or not at all.</summary>
    /// <param name="filename">The file.</param>
    /// <param name="epochs">The figures of each epoch.</param>
    public static void Write(string filename, IReadOnlyList<Logs> epochs)
    {
        var logger = new CSVLogger(filename);
        var lines = new StringBuilder();
        string[] columns = epochs.Count > 0 ? ColumnsOf(epochs[0]) : [];
        logger.AppendLine(lines, ["epoch", .. columns]);
        foreach ((int epoch, Logs logs) in epochs.Index())
        {
            logger.AppendLine(lines, [$"{epoch}", .. columns.Select(name => Value(logs, name))]);
        }

        AtomicFile.Write(filename, stream => stream.Write(Encoding.UTF8.GetBytes(lines.ToString())));
    }

    private static string[] ColumnsOf(Logs logs)
    {
        string[] columns = [.. logs.Keys.Order(StringComparer.Ordinal)];
        return columns.Any(name => name.StartsWith("val_", StringComparison.Ordinal)) ? columns : [.. columns, .. columns.Select(name => "val_" + name)];
    }

    private static string Value(Logs logs, string name) =>
        !logs.TryGetValue(name, out double value) ? "NA" : logs.IsSingle(name) ? PythonFormat.Repr((float)value) : PythonFormat.Repr(value);

    private void AppendLine(StringBuilder lines, IEnumerable<string> fields) => lines.AppendJoin(_separator, fields.Select(Quoted)).Append(LineEnd);

    private string Quoted(string field) =>
        field.AsSpan().IndexOfAny([_separator, '"', '\r', '\n']) < 0 ? field : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
