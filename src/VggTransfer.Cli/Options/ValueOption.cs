using System.CommandLine;
using System.Globalization;

namespace VggTransfer.Cli.Options;

/// <summary>Makes options whose values are checked when they are parsed; messages name the option, the value and the range.</summary>
internal static class ValueOption
{
    private const string Auto = "auto";

    /// <summary>A whole number with a default.</summary>
    public static Option<int> Integer(string name, string description, int minimum, int maximum, int defaultValue) => new(name)
    {
        Description = minimum == int.MinValue ? description : WithRange(description, $"{minimum} to {maximum}"),
        HelpName = "N",
        DefaultValueFactory = _ => defaultValue,
        CustomParser = result => ParseInteger(result.Tokens[0].Value, minimum, maximum) ?? Refuse<int>(result, name, $"a whole number from {minimum} to {maximum}"),
    };

    /// <summary>A whole number that may be left to the program, by leaving it out or by 'auto'.</summary>
    public static Option<int?> OptionalInteger(string name, string description, int minimum, int maximum, bool allowAuto = false) => new(name)
    {
        Description = WithRange(description, $"{minimum} to {maximum}{(allowAuto ? ", or auto" : "")}"),
        HelpName = allowAuto ? "N|auto" : "N",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            return allowAuto && text == Auto
                ? null
                : ParseInteger(text, minimum, maximum) ?? Refuse<int?>(result, name, $"a whole number from {minimum} to {maximum}{(allowAuto ? ", or auto" : "")}");
        },
    };

    /// <summary>A decimal number; null if left out.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">What it does.</param>
    /// <param name="range">The range in words, such as <c>above 0 and below 1</c>.</param>
    /// <param name="isValid">Whether a finite number lies in the range.</param>
    public static Option<double?> OptionalNumber(string name, string description, string range, Func<double, bool> isValid) => new(name)
    {
        Description = WithRange(description, range),
        HelpName = "X",
        CustomParser = result =>
            double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && isValid(value)
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

    private static int? ParseInteger(string text, int minimum, int maximum) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= minimum && value <= maximum ? value : null;

    private static T? Refuse<T>(System.CommandLine.Parsing.ArgumentResult result, string name, string expected)
    {
        result.AddError($"{name} must be {expected}, and is '{result.Tokens[0].Value}'.");
        return default;
    }
}
