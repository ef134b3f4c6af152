using System.CommandLine;
using System.Globalization;

namespace VggTransfer.Cli;

/// <summary>Makes options whose values are checked when they are parsed; messages name the option, the value and the range.</summary>
internal static class ValueOption
{
    private const string Auto = "auto";

    /// <summary>A whole number with a default.</summary>
    public static Option<int> Integer(string name, string description, OptionRange range, int defaultValue) => new(name)
    {
        Description = WithRange(description, range.ToString()),
        HelpName = "N",
        DefaultValueFactory = _ => defaultValue,
        CustomParser = result => ParseInteger(result.Tokens[0].Value, range) ?? Refuse<int>(result, name, WholeNumber(range)),
    };

    /// <summary>Where a random choice begins.</summary>
    public static Option<int> Seed(string description, bool allowNegative = false) => new("--seed")
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => 1,
        CustomParser = result => ParseInteger(result.Tokens[0].Value, new OptionRange(allowNegative ? int.MinValue : 0, int.MaxValue))
            ?? Refuse<int>(result, "--seed", allowNegative ? "a whole number" : "a whole number from 0 on"),
    };

    /// <summary>A whole number that may be left to the program, by leaving it out or by 'auto'.</summary>
    public static Option<int?> OptionalInteger(string name, string description, OptionRange range, bool allowAuto = false) => new(name)
    {
        Description = WithRange(description, $"{range}{(allowAuto ? ", or auto" : "")}"),
        HelpName = allowAuto ? "N|auto" : "N",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            return allowAuto && text == Auto
                ? null
                : ParseInteger(text, range) ?? Refuse<int?>(result, name, $"{WholeNumber(range)}{(allowAuto ? ", or auto" : "")}");
        },
    };

    /// <summary>A decimal number; null if left out.</summary>
    public static Option<double?> OptionalNumber(string name, string description, OptionRange range) => new(name)
    {
        Description = WithRange(description, range.ToString()),
        HelpName = "X",
        CustomParser = result =>
            double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && range.Contains(value)
                ? value
                : Refuse<double?>(result, name, $"a number {range}"),
    };

    /// <summary>One of several words; null if left out, or for 'auto' where that is allowed.</summary>
    public static Option<T?> OneOf<T>(string name, string description, IReadOnlyDictionary<string, T> words, bool allowAuto = false)
        where T : struct
    {
        string[] allowed = [.. allowAuto ? [Auto] : Array.Empty<string>(), .. words.Keys];
        return new Option<T?>(name)
        {
            Description = description,
            HelpName = string.Join('|', allowed),
            CustomParser = result =>
                words.TryGetValue(result.Tokens[0].Value, out T value) ? value
                : allowAuto && result.Tokens[0].Value == Auto ? null
                : Refuse<T?>(result, name, $"one of {string.Join(", ", allowed)}"),
        };
    }

    /// <summary>A written form that the library reads; null if left out or 'auto'.</summary>
    /// <exception cref="FormatException">Thrown by <paramref name="parse"/> for a text that isn't one.</exception>
    public static Option<T?> Written<T>(string name, string description, string helpName, Func<string, T> parse)
        where T : class => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                try
                {
                    return text == Auto ? null : parse(text);
                }
                catch (FormatException e)
                {
                    result.AddError($"{name}: {e.Message}");
                    return null;
                }
            },
        };

    /// <summary>The range goes before the default, wherever that is written.</summary>
    private static string WithRange(string description, string range)
    {
        int end = description.IndexOf(" [default:", StringComparison.Ordinal);
        return description.Insert(end < 0 ? description.Length : end, $" ({range})");
    }

    private static int? ParseInteger(string text, OptionRange range) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && range.Contains(value) ? value : null;

    private static string WholeNumber(OptionRange range) => double.IsFinite(range.Maximum) ? $"a whole number from {range}" : $"a whole number, {range}";

    private static T? Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string name, string expected)
    {
        result.AddError($"{name} must be {expected}, and is '{result.Tokens[0].Value}'.");
        return default;
    }
}
