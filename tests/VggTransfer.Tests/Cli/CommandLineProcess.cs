using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace VggTransfer.Tests.Cli;

/// <summary>What a run of the command line left on its streams.</summary>
internal sealed record CommandLineResult(int ExitCode, string Output, string Error)
{
    public string[] ErrorLines => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The one line that begins with <c>error: </c>.</summary>
    public string ErrorSentence => Assert.Single(ErrorLines, line => line.StartsWith("error: ", StringComparison.Ordinal));

    /// <summary>Standard output, which must be one JSON document and nothing else.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public CommandLineResult Expect(int exitCode)
    {
        Assert.True(exitCode == ExitCode, $"Exit code {ExitCode} instead of {exitCode}.\n{Output}\n{Error}");
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', Output + Error);
        return this;
    }
}

/// <summary>Runs the built command line as a process of its own.</summary>
internal static class CommandLineProcess
{
    private static readonly TimeSpan s_timeLimit = TimeSpan.FromMinutes(3);

    public static string AssemblyPath { get; } = Path.Combine(AppContext.BaseDirectory, "VggTransfer.Cli.dll");

    public static CommandLineResult Run(string workingDirectory, params string[] arguments)
    {
        using Process process = Start(workingDirectory, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        WaitForExit(process);
        return new CommandLineResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Runs a shell command in which <c>"$@"</c> is the command line.</summary>
    public static CommandLineResult RunInShell(string workingDirectory, string script, params string[] arguments)
    {
        ProcessStartInfo start = Describe("sh", workingDirectory, ["-c", script, "sh", "dotnet", AssemblyPath, .. arguments]);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        WaitForExit(process);
        return new CommandLineResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Sends a signal once a line of progress has appeared.</summary>
    public static CommandLineResult RunAndSignal(string workingDirectory, string signal, params string[] arguments) =>
        RunAndSignalAt("Extracting features", workingDirectory, signal, arguments);

    /// <summary>Sends a signal once a line on standard error begins with a text.</summary>
    public static CommandLineResult RunAndSignalAt(string beginning, string workingDirectory, string signal, params string[] arguments)
    {
        // A test run in the background of a shell inherits "ignore SIGINT", and would pass it on. env becomes the program, so the process stays the same.
        using Process process = Process.Start(Describe("env", workingDirectory, ["--default-signal=INT", "dotnet", AssemblyPath, .. arguments]))!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        var error = new StringBuilder();
        while (process.StandardError.ReadLine() is { } line)
        {
            error.Append(line).Append('\n');
            if (line.StartsWith(beginning, StringComparison.Ordinal))
            {
                break;
            }
        }

        using Process kill = Process.Start("kill", [signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        error.Append(process.StandardError.ReadToEnd());
        WaitForExit(process);
        return new CommandLineResult(process.ExitCode, output.Result, error.ToString());
    }

    private static Process Start(string workingDirectory, string[] arguments) =>
        Process.Start(Describe("dotnet", workingDirectory, [AssemblyPath, .. arguments]))!;

    private static ProcessStartInfo Describe(string program, string workingDirectory, IEnumerable<string> arguments) => new(program, arguments)
    {
        WorkingDirectory = workingDirectory,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardOutputEncoding = Encoding.UTF8,
        StandardErrorEncoding = Encoding.UTF8,

        // What the machine's user has pulled must not change what the tests see.
        Environment = { ["VGGTRANSFER_CACHE"] = Path.Combine(AppContext.BaseDirectory, "no-cache"), ["VGGTRANSFER_FEATURE_CACHE"] = "off" },
    };

    private static void WaitForExit(Process process)
    {
        if (!process.WaitForExit(s_timeLimit))
        {
            process.Kill();
            Assert.Fail("The command line didn't end in time.");
        }
    }
}
