using System.Xml.Linq;

namespace VggTransfer.Cli;

/// <summary>
/// Makes of a sample's project file one that stands alone: the library from a folder beside it instead of a reference into
/// this repository, and packages with their versions.
/// </summary>
internal static class ProjectFile
{
    /// <summary>The folder in a new project that the library lies in.</summary>
    public const string LibraryFolder = "lib";

    /// <summary>The library's assemblies, each of a project of this name: what they need, the new project needs.</summary>
    public static IReadOnlyList<string> Assemblies { get; } = ["VggTransfer", "VggTransfer.Weights"];

    /// <param name="sample">The sample's project file.</param>
    /// <returns>The new project file.</returns>
    public static string StandAlone(string sample)
    {
        XDocument project = XDocument.Parse(sample, LoadOptions.PreserveWhitespace);
        Dictionary<string, string> versionOf = XDocument.Parse(ProjectTemplate.ReadRepositoryFile("Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(version => (string)version.Attribute("Include")!, version => (string)version.Attribute("Version")!, StringComparer.OrdinalIgnoreCase);
        XElement reference = project.Descendants("ProjectReference").Single();
        string[] own = [.. PackagesOf(project)];
        foreach (XElement package in project.Descendants("PackageReference"))
        {
            package.SetAttributeValue("Version", versionOf[(string)package.Attribute("Include")!]);
        }

        XNode indentation = reference.PreviousNode!;

        // Web projects have these from their framework, and the SDK warns of who asks for them all the same.
        bool isWeb = (string?)project.Root!.Attribute("Sdk") == "Microsoft.NET.Sdk.Web";
        IEnumerable<string> needed = Assemblies
            .SelectMany(assembly => PackagesOf(XDocument.Parse(ProjectTemplate.ReadRepositoryFile($"src/{assembly}/{assembly}.csproj"))))
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Except(own, StringComparer.OrdinalIgnoreCase)
            .Where(package => !isWeb || !(package.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) || package == "System.Threading.RateLimiting"));
        foreach (string package in needed)
        {
            reference.AddBeforeSelf(new XElement("PackageReference", new XAttribute("Include", package), new XAttribute("Version", versionOf[package])), new XText(indentation.ToString()));
        }

        foreach (string assembly in Assemblies)
        {
            reference.AddBeforeSelf(new XElement("Reference", new XAttribute("Include", assembly), new XAttribute("HintPath", $"{LibraryFolder}/{assembly}.dll")), new XText(indentation.ToString()));
        }

        indentation.Remove();
        reference.Remove();

        // The folder may lie in a repository that keeps versions in one place.
        XElement properties = project.Descendants("PropertyGroup").First();
        properties.Descendants("VggTransferCopyPretrained").Single().ReplaceWith(new XElement("ManagePackageVersionsCentrally", "false"));
        foreach (XComment comment in properties.Nodes().OfType<XComment>().ToArray())
        {
            comment.PreviousNode?.Remove();
            comment.Remove();
        }

        return project.ToString(SaveOptions.DisableFormatting) + Environment.NewLine;
    }

    private static IEnumerable<string> PackagesOf(XDocument project) => project.Descendants("PackageReference").Select(package => (string)package.Attribute("Include")!);
}
