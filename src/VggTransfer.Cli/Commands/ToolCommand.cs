using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary>A command of the tool: its options, its examples, and what it does.</summary>
internal abstract class ToolCommand : Command
{
    protected ToolCommand(string name, string description)
        : base(name, description) => SetAction((parsed, cancellationToken) => Task.FromResult(Run(parsed, new Screen(parsed.GetValue(GlobalOptions.Quiet)), cancellationToken)));

    /// <summary>Command lines to copy, for the end of the help.</summary>
    public abstract IReadOnlyList<string> Examples { get; }

    /// <returns>The exit code.</returns>
    protected abstract int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken);
}
