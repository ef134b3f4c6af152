using System.Buffers;

namespace VggTransfer.Cli;

/// <summary>Rows as RFC 4180 wants them.</summary>
internal static class CsvLine
{
    public const string End = "\r\n";

    private static readonly SearchValues<char> s_special = SearchValues.Create(",\"\r\n");

    public static string Join(IEnumerable<string> fields) => string.Join(',', fields.Select(Quote));

    public static string Quote(string field) =>
        field.AsSpan().ContainsAny(s_special) ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;
}
