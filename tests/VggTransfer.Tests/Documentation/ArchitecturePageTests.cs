using System.Text.RegularExpressions;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Documentation;

/// <summary><c>docs/architecture.md</c> and the folders of <c>src/</c> say the same. Oracle: the folders.</summary>
public sealed partial class ArchitecturePageTests
{
    private const int LongestLine = 160;

    private static readonly string[] s_page = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "architecture.md"));

    [Fact]
    public void Every_folder_of_src_that_holds_code_is_on_the_page_and_no_other() =>
        Assert.Equal(Folders().Order(StringComparer.Ordinal), Named().Order(StringComparer.Ordinal));

    [Fact]
    public void The_page_is_one_page() => Assert.InRange(s_page.Length, 50, 140);

    [Fact]
    public void The_readme_fits_150_lines() => Assert.InRange(File.ReadLines(Path.Combine(Repository.Root, "README.md")).Count(), 50, 150);

    [Fact]
    public void Every_decision_is_in_the_index_and_has_its_four_parts()
    {
        string folder = Path.Combine(Repository.Root, "docs", "decisions");
        string index = File.ReadAllText(Path.Combine(folder, "README.md"));
        foreach (string file in Directory.EnumerateFiles(folder, "0*.md"))
        {
            string text = File.ReadAllText(file);
            Assert.Contains($"]({Path.GetFileName(file)})", index, StringComparison.Ordinal);
            Assert.All(["# ", "## Context", "## Decision", "## Consequences"], part => Assert.Contains(part, text, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(ReadmeTests.DocumentNames), MemberType = typeof(ReadmeTests))]
    public void Lines_of_prose_are_short(string file) =>
        Assert.DoesNotContain(File.ReadLines(Path.Combine(Repository.Root, file)), line => line.Length > LongestLine && !line.StartsWith('|'));

    /// <summary>Those that hold C# files themselves, as PROJECT/FOLDER or PROJECT/FOLDER/FOLDER; deeper ones belong to these.</summary>
    private static IEnumerable<string> Folders()
    {
        string source = Path.Combine(Repository.Root, "src");
        return Directory.EnumerateFiles(source, "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(source, Path.GetDirectoryName(file)!).Split(Path.DirectorySeparatorChar))
            .Where(parts => parts.Length is 2 or 3 && parts[1] is not ("bin" or "obj"))
            .Select(parts => string.Join('/', parts))
            .Distinct();
    }

    // A heading names the project, the first cell of a row one folder or several.
    private static IEnumerable<string> Named()
    {
        string project = "";
        foreach (string line in s_page)
        {
            if (Project().Match(line) is { Success: true } heading)
            {
                project = heading.Groups[1].Value;
            }
            else if (project.Length > 0 && line.StartsWith("| `", StringComparison.Ordinal))
            {
                foreach (Match folder in Folder().Matches(line.Split('|')[1]))
                {
                    yield return $"{project}/{folder.Groups[1].Value}";
                }
            }
        }
    }

    [GeneratedRegex("^## .*`src/([A-Za-z.]+)`")]
    private static partial Regex Project();

    [GeneratedRegex("`([A-Za-z0-9/]+)`")]
    private static partial Regex Folder();
}
