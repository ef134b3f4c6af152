namespace VggTransfer;

/// <summary>Texts of other origin as parts of messages.</summary>
internal static class MessageText
{
    /// <summary>Text from a file, safe to show in a message.</summary>
    public static string Shorten(string text) =>
        string.Concat(text.Take(60).Select(character => char.IsControl(character) ? ' ' : character)) + (text.Length > 60 ? "..." : "");

    /// <summary>An argument exception's message without the parameter's name and the value, which .NET appends in lines of their own or brackets.</summary>
    public static string SentenceOf(ArgumentException exception)
    {
        string message = exception.Message.Split('\n')[0].Trim();
        int parameter = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return (parameter < 0 ? message : message[..parameter]).TrimEnd('.');
    }
}
