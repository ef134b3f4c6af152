using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;

namespace VggTransfer.Cli;

/// <summary>A length of time as people write it: <c>90s</c>, <c>20m</c>, <c>1h30m</c>.</summary>
internal static partial class DurationOption
{
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(365);

    public static Option<TimeSpan?> Create(string name, string description) => new(name)
    {
        Description = $"{description} (such as 90s, 20m, 1h30m)",
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (Parse(result.Tokens[0].Value) is { } time)
            {
                return time;
            }

            result.AddError($"{name} must be a time such as 90s, 20m or 1h30m, and is '{result.Tokens[0].Value}'.");
            return null;
        },
    };

    /// <summary>The time that a text says; null if it says none that is above zero and at most a year.</summary>
    public static TimeSpan? Parse(string text)
    {
        Match match = Written().Match(text);
        if (!match.Success)
        {
            return null;
        }

        double Number(string part) => match.Groups[part].Success ? double.Parse(match.Groups[part].ValueSpan, CultureInfo.InvariantCulture) : 0;
        double seconds = (3600 * Number("hours")) + (60 * Number("minutes")) + Number("seconds");
        return seconds > 0 && seconds <= s_longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    [GeneratedRegex(@"^(?:(?<hours>\d{1,9})h)?(?:(?<minutes>\d{1,9})m)?(?:(?<seconds>\d{1,9})s)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Written();
}
