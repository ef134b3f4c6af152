using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace VggTransfer;

/// <summary>
/// The numbers that an option takes. They stand once, in a <see cref="RangeAttribute"/> on the option's property; validation, the
/// command line's parser and its help read them there.
/// </summary>
/// <param name="Minimum">The least number; negative infinity if there is none.</param>
/// <param name="Maximum">The largest number; infinity if there is none.</param>
public sealed record OptionRange(double Minimum, double Maximum)
{
    /// <summary>Whether only numbers above <see cref="Minimum"/> are in the range.</summary>
    public bool MinimumIsExclusive { get; init; }

    /// <summary>Whether only numbers below <see cref="Maximum"/> are in the range.</summary>
    public bool MaximumIsExclusive { get; init; }

    /// <summary>The range of an option.</summary>
    /// <typeparam name="T">The type with the options.</typeparam>
    /// <param name="property">The name of the option's property.</param>
    /// <exception cref="ArgumentException">There is no such property, or it has no range.</exception>
    public static OptionRange Of<T>(string property) =>
        Rules<T>.All.FirstOrDefault(rule => rule.Property.Name == property)?.Range
        ?? throw new ArgumentException($"{typeof(T).Name} has no property '{property}' with a range.", nameof(property));

    /// <summary>Whether a number is in the range.</summary>
    public bool Contains(double value) =>
        double.IsFinite(value)
        && (MinimumIsExclusive ? value > Minimum : value >= Minimum)
        && (MaximumIsExclusive ? value < Maximum : value <= Maximum);

    /// <summary>The range in words: <c>32 to 4096</c>, <c>1 or more</c>, <c>above 0 and below 1</c>.</summary>
    public override string ToString() => (MinimumIsExclusive, MaximumIsExclusive, double.IsFinite(Maximum)) switch
    {
        (false, false, true) => $"{Shown(Minimum)} to {Shown(Maximum)}",
        (false, _, false) => $"{Shown(Minimum)} or more",
        (true, _, false) => $"above {Shown(Minimum)}",
        (false, true, true) => $"{Shown(Minimum)} or more and below {Shown(Maximum)}",
        (true, false, true) => $"above {Shown(Minimum)} and at most {Shown(Maximum)}",
        (true, true, true) => $"above {Shown(Minimum)} and below {Shown(Maximum)}",
    };

    /// <summary>Checks all options that have a range, and that enumerations are members of their type.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One isn't; the message names the property, the value and the range.</exception>
    internal static void Check<T>(T options)
    {
        foreach (Rule rule in Rules<T>.All)
        {
            rule.Check(rule.Property.GetValue(options));
        }
    }

    /// <summary>For an option that is checked as it is set.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentOutOfRangeException">It is out of its range.</exception>
    internal static TValue Checked<T, TValue>(TValue value, [CallerMemberName] string property = "")
    {
        Rules<T>.All.First(rule => rule.Property.Name == property).Check(value);
        return value;
    }

    /// <summary>For rules that no range can say.</summary>
    /// <param name="holds">Whether the rule holds.</param>
    /// <param name="property">The option.</param>
    /// <param name="value">Its value.</param>
    /// <param name="expected">What it must be.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rule doesn't hold.</exception>
    internal static void Require(bool holds, string property, object? value, string expected)
    {
        if (!holds)
        {
            throw new ArgumentOutOfRangeException(property, value, string.Create(CultureInfo.InvariantCulture, $"{property} is {value}, and must be {expected}."));
        }
    }

    private static string Shown(double value) => value.ToString(Math.Abs(value) >= 10_000 ? "#,0" : "0.######", CultureInfo.InvariantCulture);

    /// <param name="Property">The option.</param>
    /// <param name="Range">Its range; null for an enumeration.</param>
    private sealed record Rule(PropertyInfo Property, OptionRange? Range)
    {
        // An architecture is checked whenever its layers are asked for: this text is made once.
        private readonly string _expected = Range?.ToString() ?? $"one of {string.Join(", ", Enum.GetNames(TypeOf(Property)))}";

        /// <summary>The type of an option, or of its value where it may be null.</summary>
        public static Type TypeOf(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

        public void Check(object? value)
        {
            if (value is not null)
            {
                bool holds = Range is null ? Enum.IsDefined(value.GetType(), value) : Range.Contains(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                Require(holds, Property.Name, value, _expected);
            }
        }
    }

    private static class Rules<T>
    {
        public static IReadOnlyList<Rule> All { get; } =
        [
            .. typeof(T).GetProperties()
                .Select(property => (Property: property, Range: property.GetCustomAttribute<RangeAttribute>()))
                .Where(option => option.Range is not null || Rule.TypeOf(option.Property).IsEnum)
                .Select(option => new Rule(option.Property, option.Range is null ? null : From(option.Range))),
        ];

        private static OptionRange From(RangeAttribute range)
        {
            double maximum = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture);
            return new OptionRange(Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture), maximum is int.MaxValue or double.MaxValue ? double.PositiveInfinity : maximum)
            {
                MinimumIsExclusive = range.MinimumIsExclusive,
                MaximumIsExclusive = range.MaximumIsExclusive,
            };
        }
    }
}
