using System.CommandLine.Parsing;

namespace VggTransfer.Cli;

/// <summary>What a text on the command line may be; messages name the option or argument, the text and what is allowed.</summary>
internal static class TextRule
{
    /// <summary>One of several words.</summary>
    public static Action<SymbolResult> OneOf(string name, IReadOnlyList<string> words) =>
        Check($"{name} must be one of", words, text => words.Contains(text, StringComparer.Ordinal));

    /// <summary>A file's name with one of several extensions.</summary>
    /// <param name="name">The option or argument.</param>
    /// <param name="extensions">With their dots; capitals don't matter.</param>
    /// <param name="mayHaveNone">Whether a name without extension will do.</param>
    public static Action<SymbolResult> EndsIn(string name, IReadOnlyList<string> extensions, bool mayHaveNone = false) =>
        Check($"{name} must end in", extensions, text => extensions.Contains(Path.GetExtension(text), StringComparer.OrdinalIgnoreCase) || (mayHaveNone && !Path.HasExtension(text)));

    private static Action<SymbolResult> Check(string rule, IReadOnlyList<string> allowed, Func<string, bool> isValid) => result =>
    {
        if (result.Tokens is [var given] && !isValid(given.Value))
        {
            result.AddError($"{rule} {string.Join(", ", allowed)}, and is '{given.Value}'.");
        }
    };
}
