using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Cli;
using VggTransfer.FineTuning;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Options;

/// <summary>A limit stands once, on its property; documentation and command line say the same. Oracle: the attributes.</summary>
public sealed partial class OptionRangeTests
{
    private static readonly Assembly[] s_assemblies = [typeof(VggArchitecture).Assembly, typeof(ImageClassifier).Assembly, typeof(FineTuningOptions).Assembly];

    public static TheoryData<string, string> Ranges() =>
    [
        .. s_assemblies.SelectMany(assembly => assembly.GetExportedTypes())
            .SelectMany(type => type.GetProperties().Where(property => property.IsDefined(typeof(RangeAttribute))).Select(property => (type.FullName!, property.Name))),
    ];

    [Theory]
    [InlineData(1, 1024, false, false, "1 to 1024")]
    [InlineData(1, 100_000, false, false, "1 to 100,000")]
    [InlineData(0, double.PositiveInfinity, false, false, "0 or more")]
    [InlineData(0, double.PositiveInfinity, true, false, "above 0")]
    [InlineData(0, 1, false, true, "0 or more and below 1")]
    [InlineData(0, 8, true, false, "above 0 and at most 8")]
    [InlineData(0, 1, true, true, "above 0 and below 1")]
    public void A_range_is_said_in_words_and_holds_what_they_say(double minimum, double maximum, bool above, bool below, string words)
    {
        var range = new OptionRange(minimum, maximum) { MinimumIsExclusive = above, MaximumIsExclusive = below };
        Assert.Equal(words, range.ToString());
        Assert.Equal(!above, range.Contains(minimum));
        Assert.Equal(!below && double.IsFinite(maximum), range.Contains(maximum));
        Assert.False(range.Contains(double.NaN));
        Assert.False(range.Contains(minimum - 1));
    }

    [Fact]
    public void A_refusal_names_property_value_and_range()
    {
        static string Refuse(FineTuningOptions options) => Assert.Throws<ArgumentOutOfRangeException>(() => OptionRange.Check(options)).Message;

        Assert.StartsWith("Epochs is 0, and must be 1 to 100,000.", Refuse(new() { Epochs = 0 }), StringComparison.Ordinal);
        Assert.StartsWith("Dropout is 1, and must be 0 or more and below 1.", Refuse(new() { Dropout = 1 }), StringComparison.Ordinal);
        Assert.StartsWith("Head is 7, and must be one of Pooled, Dense.", Refuse(new() { Head = (FineTuningHead)7 }), StringComparison.Ordinal);
        OptionRange.Check(new FineTuningOptions());
    }

    [Theory]
    [MemberData(nameof(Ranges))]
    public void Documentation_states_the_range(string type, string property)
    {
        Type owner = s_assemblies.Select(assembly => assembly.GetType(type)).OfType<Type>().Single();

        // A shared property is documented where it is declared.
        Type declaring = owner.GetProperty(property)!.DeclaringType!;
        XElement summary = XDocument.Load(Path.ChangeExtension(declaring.Assembly.Location, ".xml")).Descendants("member")
            .Single(member => (string)member.Attribute("name")! == $"P:{declaring.FullName!.Replace('+', '.')}.{property}").Element("summary")!;
        string range = ((OptionRange)typeof(OptionRange).GetMethod(nameof(OptionRange.Of))!.MakeGenericMethod(owner).Invoke(null, [property])!).ToString();
        Assert.Contains(range, Space().Replace(summary.Value, " "), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_sides_of_an_input_stand_in_one_place()
    {
        string[] repeated =
        [
            .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                .SelectMany(file => File.ReadLines(file).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && InputSides().IsMatch(line)).Select(line => $"{Path.GetFileName(file)}: {line.Trim()}")),
        ];
        Assert.Empty(repeated);
    }

    [Fact]
    public void The_manual_states_the_command_lines_ranges()
    {
        Dictionary<string, HashSet<string>> ranges = Tool.CreateRoot().Subcommands.SelectMany(command => command.Subcommands.Append(command)).SelectMany(command => command.Options)
            .Select(option => (option.Name, Match: HelpRange().Match(option.Description ?? ""))).Where(option => option.Match.Success)
            .GroupBy(option => option.Name, option => option.Match.Groups[1].Value.Replace(", or auto", "", StringComparison.Ordinal), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        string manual = WrappedLine().Replace(File.ReadAllText(Path.Combine(Repository.Root, "docs", "cli.md")), " ");
        var stated = manual.Split('\n').SelectMany(line => Stated().Matches(line))
            .Select(match => (Name: match.Groups[1].Value + match.Groups[2].Value, Range: match.Groups[3].Value)).ToArray();
        Assert.True(stated.Length > 10, string.Create(CultureInfo.InvariantCulture, $"only {stated.Length} ranges were found"));
        Assert.All(stated, option => Assert.True(ranges.TryGetValue(option.Name, out HashSet<string>? known) && known.Contains(option.Range), $"{option.Name}: {option.Range}"));
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();

    [GeneratedRegex(@"(?<=[^|\n])\r?\n(?=[^|\r\n#-])")]
    private static partial Regex WrappedLine();

    [GeneratedRegex(@"\b32\b.*\b4,?096\b")]
    private static partial Regex InputSides();

    [GeneratedRegex(@"\((\d[^()]* to \d[^()]*|[\d.]+ or more[^()]*|above [\d.]+[^()]*)\)")]
    private static partial Regex HelpRange();

    /// <summary>A row of one option with its range, or an option with its range in parentheses.</summary>
    [GeneratedRegex(@"(?:^\| `(--[a-z0-9-]+)(?: [A-Z]+)?` \| (?:[a-z ,]+ \| )?|`(--[a-z0-9-]+) [A-Z]+` \()(\d[\d.,]* to [\d.,]*\d|\d[\d.]* or more(?: and below \d)?|above \d(?: and (?:below|at most) \d)?)")]
    private static partial Regex Stated();
}
