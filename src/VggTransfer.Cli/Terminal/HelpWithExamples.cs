using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace VggTransfer.Cli;

/// <summary>The usual help, and below it command lines to copy.</summary>
internal sealed class HelpWithExamples(HelpAction help, IReadOnlyList<string> rootExamples) : SynchronousCommandLineAction
{
    // The usual help, too, works in the face of missing arguments.
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (string example in parseResult.CommandResult.Command is ToolCommand command ? command.Examples : rootExamples)
        {
            output.WriteLine("  " + example);
        }

        return ExitCode.Done;
    }
}
