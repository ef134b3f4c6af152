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
    public void Links_to_files_lead_somewhere(string file)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Repository.Root, file))!;
        foreach (Match link in Link().Matches(File.ReadAllText(Path.Combine(Repository.Root, file))))
        {
            string target = link.Groups[1].Value;
            Assert.True(target.StartsWith("http", StringComparison.Ordinal) || Path.Exists(Path.Combine(folder, target)), $"{file} links to {target}");
        }
    }

    private static IEnumerable<string> Documents() =>
        Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md"))
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "pretrained"), "*.md"))
            .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\]\(([^)#]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();
}
