using System.Globalization;
using System.Text;

namespace VggTransfer.Cli;

/// <summary>File names and messages as one line: a name may hold line feeds, or the codes that steer a terminal.</summary>
internal static class PrintableText
{
    /// <summary>Writes control characters as <c>\n</c>, <c>\t</c> or <c>\u001b</c>.</summary>
    public static string Of(string text)
    {
        if (!text.Any(IsControl))
        {
            return text;
        }

        var printable = new StringBuilder(text.Length + 16);
        foreach (char character in text)
        {
            _ = character switch
            {
                '\n' => printable.Append("\\n"),
                '\r' => printable.Append("\\r"),
                '\t' => printable.Append("\\t"),
                _ when IsControl(character) => printable.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => printable.Append(character),
            };
        }

        return printable.ToString();
    }

    /// <summary>The text, or its beginning and an ellipsis where it is longer.</summary>
    public static string Shorten(string text, int length) => text.Length <= length ? Of(text) : Of(text[..(length - 1)]) + "…";

    /// <summary>A path as a shell takes it, in double quotes where it has spaces.</summary>
    public static string Quote(string path) => Of(path.Any(char.IsWhiteSpace) ? $"\"{path}\"" : path);

    // Format characters include those that turn the direction of writing and so make a name look like another.
    private static bool IsControl(char character) => char.IsControl(character) || character is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
