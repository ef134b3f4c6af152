using System.Globalization;
using System.Text;
using System.Text.Json;

/// <summary>The results so far, one a line. A line is written at once and whole, so that nothing is done twice after a restart.</summary>
internal sealed class ResultFile : IDisposable
{
    private const string Header = "file,modified,label,probability,error";

    private readonly FileStream _stream;
    private readonly bool _csv;

    public ResultFile(string path)
    {
        _csv = path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase);
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        foreach (string line in ReadWholeLines())
        {
            if (Parse(line) is { } done)
            {
                Done.Add(done);
            }
        }

        if (_csv && _stream.Length == 0)
        {
            Write(Header);
        }
    }

    /// <summary>The files that have a line, as they were then.</summary>
    public HashSet<(string File, DateTime Modified)> Done { get; } = [];

    public void Add(ClassifiedFile result)
    {
        Write(_csv
            ? string.Join(',', Quote(result.File), result.Modified.ToString("O"), Quote(result.Label), result.Probability.ToString("R", CultureInfo.InvariantCulture), Quote(result.Error))
            : JsonSerializer.Serialize(result, JsonSerializerOptions.Web));
        Done.Add((result.File, result.Modified));
    }

    public void Dispose() => _stream.Dispose();

    private void Write(string line)
    {
        _stream.Write(Encoding.UTF8.GetBytes(line + "\n"));
        _stream.Flush();
    }

    /// <summary>What a crash left of a last line is cut off.</summary>
    private string[] ReadWholeLines()
    {
        byte[] content = new byte[_stream.Length];
        _stream.ReadExactly(content);
        int end = Array.LastIndexOf(content, (byte)'\n') + 1;
        _stream.SetLength(end);
        _stream.Seek(0, SeekOrigin.End);
        return Encoding.UTF8.GetString(content, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private (string File, DateTime Modified)? Parse(string line)
    {
        if (_csv)
        {
            (string file, string others) = Unquote(line);
            return DateTime.TryParse(others.Split(',')[0], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out DateTime modified) ? (file, modified) : null;
        }

        try
        {
            return JsonSerializer.Deserialize<ClassifiedFile>(line, JsonSerializerOptions.Web) is { } result ? (result.File, result.Modified) : null;
        }
        catch (JsonException)
        {
            // A line that somebody edited says nothing about a file, which is then classified once more.
            return null;
        }
    }

    private static string Quote(string field) =>
        field.AsSpan().ContainsAny(",\"\r\n") ? $"\"{field.Replace("\"", "\"\"").ReplaceLineEndings(" ")}\"" : field;

    private static (string Field, string Others) Unquote(string line)
    {
        if (!line.StartsWith('"'))
        {
            int comma = line.IndexOf(',');
            return comma < 0 ? (line, "") : (line[..comma], line[(comma + 1)..]);
        }

        int end = 1;
        while (end < line.Length && (line[end] != '"' || (end + 1 < line.Length && line[end + 1] == '"')))
        {
            end += line[end] == '"' ? 2 : 1;
        }

        return (line[1..Math.Min(end, line.Length)].Replace("\"\"", "\""), line[Math.Min(end + 2, line.Length)..]);
    }
}
