using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Text with fields, as Python's <c>str.format</c> fills it: <c>weights-{epoch:02d}-{val_loss:.2f}.h5</c>. Whole numbers take
/// the types of whole numbers and of fractions, other numbers those of fractions (d; f, e, g, %).
/// </summary>
internal static partial class FormatTemplate
{
    /// <param name="template">The text.</param>
    /// <param name="integers">Fields that are whole numbers.</param>
    /// <param name="numbers">The other fields.</param>
    /// <exception cref="KeyNotFoundException">A field isn't there; the message is its name.</exception>
    /// <exception cref="FormatException">A field is malformed.</exception>
    public static string Format(string template, IReadOnlyDictionary<string, int> integers, IEnumerable<KeyValuePair<string, double>> numbers)
    {
        var text = new StringBuilder();
        Dictionary<string, double> fractions = numbers.ToDictionary(StringComparer.Ordinal);
        for (int i = 0; i < template.Length; i++)
        {
            char c = template[i];
            if (c is '{' or '}' && i + 1 < template.Length && template[i + 1] == c)
            {
                text.Append(c);
                i++;
            }
            else if (c == '{')
            {
                int end = template.IndexOf('}', i);
                if (end < 0)
                {
                    throw new FormatException($"'{template}' has a '{{' without a '}}'.");
                }

                string[] parts = template[(i + 1)..end].Split(':', 2);
                text.Append(Field(parts[0], parts.Length == 2 ? parts[1] : "", integers, fractions));
                i = end;
            }
            else if (c == '}')
            {
                throw new FormatException($"'{template}' has a '}}' without a '{{'.");
            }
            else
            {
                text.Append(c);
            }
        }

        return text.ToString();
    }

    private static string Field(string name, string specification, IReadOnlyDictionary<string, int> integers, Dictionary<string, double> fractions)
    {
        Match match = Specification().Match(specification);
        if (!match.Success)
        {
            throw new FormatException($"'{specification}' is no format of a number.");
        }

        string type = match.Groups["type"].Value;
        int? precision = match.Groups["precision"] is { Success: true } digits ? int.Parse(digits.Value, CultureInfo.InvariantCulture) : null;
        string number;
        if (integers.TryGetValue(name, out int integer))
        {
            number = type is "" or "d" ? integer.ToString(CultureInfo.InvariantCulture) : Number(integer, type, precision);
        }
        else if (fractions.TryGetValue(name, out double fraction))
        {
            number = type == "d" ? throw new FormatException($"'{name}' isn't a whole number, and can't have the format 'd'.") : Number(fraction, type, precision);
        }
        else
        {
            throw new KeyNotFoundException(name);
        }

        if (match.Groups["sign"].Value is "+" or " " && !number.StartsWith('-'))
        {
            number = match.Groups["sign"].Value + number;
        }

        return Pad(number, match);
    }

    private static string Number(double value, string type, int? precision) => type switch
    {
        "f" or "F" => PythonFormat.Fixed(value, precision ?? 6),
        "e" => PythonFormat.Exponent(value, precision ?? 6),
        "E" => PythonFormat.Exponent(value, precision ?? 6).ToUpperInvariant(),
        "%" => PythonFormat.Fixed(value * 100, precision ?? 6) + "%",
        "g" => General(value, Math.Max(1, precision ?? 6)),
        _ => precision is { } digits ? General(value, Math.Max(1, digits)) : PythonFormat.Repr(value),
    };

    /// <summary>So many significant digits, without zeros at the end.</summary>
    private static string General(double value, int digits)
    {
        if (!double.IsFinite(value))
        {
            return PythonFormat.Repr(value);
        }

        int exponent = PythonFormat.Digits(Math.Abs(value), digits - 1).Exponent;
        if (exponent < -4 || exponent >= digits)
        {
            string[] parts = PythonFormat.Exponent(value, digits - 1).Split('e');
            return $"{WithoutZeros(parts[0])}e{parts[1]}";
        }

        return WithoutZeros(PythonFormat.Fixed(value, digits - 1 - exponent));
    }

    private static string WithoutZeros(string number) => number.Contains('.', StringComparison.Ordinal) ? number.TrimEnd('0').TrimEnd('.') : number;

    private static string Pad(string number, Match match)
    {
        int width = match.Groups["width"] is { Success: true } group ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
        string align = match.Groups["align"].Value;
        bool zeros = match.Groups["zero"].Success && align.Length == 0;
        char fill = match.Groups["fill"] is { Success: true } given ? given.Value[0] : zeros ? '0' : ' ';
        int sign = zeros && number[0] is '-' or '+' or ' ' ? 1 : 0;
        int left = align == "^" ? (width + number.Length) / 2 : width;
        return align == "<" ? number.PadRight(width, fill)
            : align == "^" ? number.PadLeft(left, fill).PadRight(width, fill)
            : number[..(zeros ? sign : 0)] + number[(zeros ? sign : 0)..].PadLeft(Math.Max(0, width - (zeros ? sign : 0)), fill);
    }

    [GeneratedRegex(@"^(?:(?<fill>.)?(?<align>[<>^=]))?(?<sign>[-+ ])?(?<zero>0)?(?<width>[0-9]{1,4})?(?:\.(?<precision>[0-9]{1,3}))?(?<type>[dfFeEg%])?$")]
    private static partial Regex Specification();
}
