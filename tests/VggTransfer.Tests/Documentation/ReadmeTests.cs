using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Documentation;

/// <summary>What the documentation promises. Oracle: the C# compiler, and the files themselves.</summary>
public sealed partial class ReadmeTests
{
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    public static TheoryData<string, int> Snippets()
    {
        var data = new TheoryData<string, int>();
        foreach (string file in Documents())
        {
            int count = CodeBlock().Count(File.ReadAllText(file));
            for (int i = 0; i < count; i++)
            {
                data.Add(Path.GetRelativePath(Repository.Root, file), i);
            }
        }

        return data;
    }

    public static TheoryData<string> DocumentNames() => [.. Documents().Select(file => Path.GetRelativePath(Repository.Root, file))];

    [Fact]
    public void The_readme_has_snippets() => Assert.True(Snippets().Count >= 5);

    [Theory]
    [MemberData(nameof(Snippets))]
    public void Every_csharp_snippet_compiles(string file, int index)
    {
        string code = CodeBlock().Matches(File.ReadAllText(Path.Combine(Repository.Root, file)))[index].Groups[1].Value;
        string[] assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        SyntaxTree[] sources = [.. new[] { ImplicitUsings, code }.Select(text => CSharpSyntaxTree.ParseText(text, cancellationToken: cancellationToken))];
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Snippet", sources, assemblies.Select(path => MetadataReference.CreateFromFile(path)), options);

        // Warnings too: a snippet is the first code that a user copies.
        Assert.Empty(compilation.GetDiagnostics(cancellationToken).Where(d => d.Severity >= DiagnosticSeverity.Warning).Select(d => d.ToString()));
    }

    [Theory]
    [MemberData(nameof(DocumentNames))]
    public void Links_lead_to_files_and_headings_that_are_there(string file)
    {
        string path = Path.Combine(Repository.Root, file);
        foreach (Match link in Link().Matches(File.ReadAllText(path)).Where(link => !link.Groups[1].Value.StartsWith("http", StringComparison.Ordinal)))
        {
            string target = link.Groups[1].Length == 0 ? path : Path.Combine(Path.GetDirectoryName(path)!, link.Groups[1].Value);
            Assert.True(Path.Exists(target), $"{file} links to {link.Groups[1].Value}");
            if (link.Groups[2].Length > 0)
            {
                Assert.Contains(link.Groups[2].Value, Heading().Matches(File.ReadAllText(target)).Select(heading => Anchor(heading.Groups[1].Value)));
            }
        }
    }

    // As GitHub makes them.
    private static string Anchor(string heading) => NoAnchor().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "pretrained"), "*.md"))
            .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoAnchor();

    [GeneratedRegex(@"\]\(([^)#\s]*)(?:#([^)]*))?\)")]
    private static partial Regex Link();
}
