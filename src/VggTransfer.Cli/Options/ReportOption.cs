using System.CommandLine;
using VggTransfer.Cli.Files;

namespace VggTransfer.Cli.Options;

/// <summary>Where a report as one HTML file goes.</summary>
internal sealed class ReportOption
{
    private readonly Option<string?> _report = new("--report") { Description = "Write a report with pictures to this file, an .html that needs nothing else", HelpName = "FILE" };

    public void AddTo(Command command) => command.Add(_report);

    /// <summary>The file's full path, checked before the work begins; null to write none.</summary>
    /// <exception cref="IOException">No file can appear there.</exception>
    public string? Check(ParseResult parsed) => parsed.GetValue(_report) is { } path ? OutputFile.Check(path, "--report") : null;
}
