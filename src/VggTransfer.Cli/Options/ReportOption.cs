using System.CommandLine;
using System.CommandLine.Parsing;

namespace VggTransfer.Cli;

/// <summary>Where a report as one HTML file goes.</summary>
internal sealed class ReportOption
{
    private readonly Option<string?> _report = new("--report") { Description = "Write a report with pictures to this file, an .html that needs nothing else", HelpName = "FILE" };

    private static readonly string[] s_extensions = [".html", ".htm"];

    public ReportOption() => _report.Validators.Add(TextRule.EndsIn("--report", s_extensions));

    public void AddTo(Command command) => command.Add(_report);

    public bool IsGiven(CommandResult result) => result.GetResult(_report) is not null;

    /// <summary>The file's full path, checked before the work begins; null to write none.</summary>
    /// <exception cref="IOException">No file can appear there.</exception>
    public string? Check(ParseResult parsed) => parsed.GetValue(_report) is { } path ? OutputFile.Check(path, "--report") : null;
}
