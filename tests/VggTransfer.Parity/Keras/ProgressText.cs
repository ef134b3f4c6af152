using System.Text;
using System.Text.RegularExpressions;

namespace VggTransfer.Parity.Keras;

/// <summary>Screen text without what varies from run to run (the goldens' README, D).</summary>
internal static partial class ProgressText
{
    /// <summary>
    /// The text in pieces: line ends, and what stands between them and carriage returns, with times masked. Backspaces
    /// vanish where they take back exactly what was shown, and stay where they don't.
    /// </summary>
    public static IReadOnlyList<string> Pieces(string text)
    {
        var pieces = new List<string>();
        int shown = 0;
        foreach (Match match in Piece().Matches(text.Replace("\r\n", "\n", StringComparison.Ordinal)))
        {
            string piece = match.Value;
            if (piece[0] == '\b')
            {
                if (piece.Length != shown)
                {
                    pieces.Add($"{piece.Length} backspaces after a text of {shown}");
                }
            }
            else if (piece[0] == '\r')
            {
                string content = piece.TrimEnd(' ');
                shown = content.Length - 1;
                pieces.Add(Mask(content));
            }
            else
            {
                pieces.Add(Mask(piece));
            }
        }

        return pieces;
    }

    /// <summary>Whether one text follows from another by leaving updates within lines out.</summary>
    public static bool IsSelectionOf(IReadOnlyList<string> some, IReadOnlyList<string> all)
    {
        int i = 0;
        foreach (string piece in all)
        {
            if (i < some.Count && some[i] == piece)
            {
                i++;
            }
            else if (piece[0] != '\r')
            {
                return false;
            }
        }

        return i == some.Count;
    }

    private static string Mask(string text)
    {
        var masked = new StringBuilder(Remaining().Replace(text, "ETA: #"));
        string result = Duration().Replace(masked.ToString(), "#/$1");
        return Seconds().Replace(result, " - #s$1");
    }

    [GeneratedRegex(@"\n|\x08+|\r[^\n\r\x08]*|[^\n\r\x08]+")]
    private static partial Regex Piece();

    [GeneratedRegex(@"ETA: [0-9:]+s?")]
    private static partial Regex Remaining();

    [GeneratedRegex(@"[0-9]+(?:us|ms|s)/(step|epoch)")]
    private static partial Regex Duration();

    [GeneratedRegex(@" - [0-9]+s( #| -)")]
    private static partial Regex Seconds();
}
