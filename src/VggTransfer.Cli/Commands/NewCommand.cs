using System.CommandLine;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace VggTransfer.Cli;

/// <summary><c>new console|webapi|worker --model model.zip --output DIR</c>.</summary>
internal sealed partial class NewCommand : ToolCommand
{
    private static readonly string[] s_kinds = [.. ProjectTemplate.All.Select(template => template.Kind)];

    private readonly Argument<string> _kind = new("KIND") { Description = "What to write", HelpName = string.Join('|', s_kinds) };
    private readonly Option<string> _model = new("--model", "-m") { Description = "The model file that 'train', 'finetune' or 'fit' made; it is copied into the project", HelpName = "FILE", Required = true };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The project's folder; it must not exist, or be empty", HelpName = "DIR", Required = true };
    private readonly Option<string?> _name = new("--name") { Description = "The project's name [default: from the folder's]", HelpName = "NAME" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    public NewCommand()
        : base("new", "Writes a C# project that uses a model, ready to build and run.")
    {
        _kind.Validators.Add(TextRule.OneOf("KIND", s_kinds));
        Add(_kind);
        Add(_model);
        Add(_output);
        Add(_name);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer new console --model model.zip --output my-classifier",
        "vggtransfer new webapi --model model.zip --output my-service",
        "vggtransfer new worker --model model.zip --output my-worker --name InboxWorker",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        ProjectTemplate template = ProjectTemplate.All.Single(template => template.Kind == parsed.GetRequiredValue(_kind));
        string model = parsed.GetRequiredValue(_model);
        string output = parsed.GetRequiredValue(_output);
        string name = NameOf(parsed.GetValue(_name), output);
        if (File.Exists(output))
        {
            throw new IOException($"'{output}' is a file; name a folder for the project.");
        }

        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
        {
            throw new IOException($"The folder '{output}' isn't empty; name another one for the project, so that nothing in it is lost.");
        }

        IReadOnlyList<string> files = ProjectWriter.Write(template, name, model, output, cancellationToken);
        if (parsed.GetValue(_json))
        {
            Screen.WriteJson(new { kind = template.Kind, name, folder = Path.GetFullPath(output), files });
        }
        else
        {
            screen.Out.Write(new Text(PrintableText.Of($"Wrote the project {name} to {output}: {files.Count} files. Try it:") + "\n"));
            screen.Out.Write(new Text(PrintableText.Of($"  cd {output}") + $"\n  {template.FirstRun}\n"));
        }

        return ExitCode.Done;
    }

    /// <summary>A name that a project, a file and an assembly can have.</summary>
    private static string NameOf(string? given, string output)
    {
        if (given is not null)
        {
            return ProjectName().IsMatch(given) ? given : throw new UsageException($"--name is '{given}', and must be letters, digits and underscores, with a dot between two parts if need be; each part begins with a letter and has 50 characters at most, and 'VggTransfer' itself is taken.");
        }

        string folder = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)));
        string name = string.Concat(Word().Matches(folder).Select(word => char.ToUpperInvariant(word.Value[0]) + word.Value[1..]));
        return ProjectName().IsMatch(name) ? name : throw new UsageException($"The folder's name '{folder}' is no name for a project; give one with --name.");
    }

    // VggTransfer itself would refer to itself.
    [GeneratedRegex(@"^(?!VggTransfer$)[A-Za-z][A-Za-z0-9_]{0,49}(\.[A-Za-z][A-Za-z0-9_]{0,49})?$")]
    private static partial Regex ProjectName();

    [GeneratedRegex("[A-Za-z0-9_.]+")]
    private static partial Regex Word();
}
