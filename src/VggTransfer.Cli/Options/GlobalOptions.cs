using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary>Options of every command.</summary>
internal static class GlobalOptions
{
    public static Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Description = "No progress and no information on standard error; warnings and errors only.",
        Recursive = true,
    };

    /// <summary>For bug reports: the stack trace of a failure.</summary>
    public static Option<bool> Debug { get; } = new("--debug")
    {
        Hidden = true,
        Recursive = true,
    };
}
