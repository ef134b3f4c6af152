using System.Diagnostics;

namespace VggTransfer.Tests.Fixtures;

/// <summary>Runs the system's Python with packages of the distribution; a test is skipped, visibly, where one is missing.</summary>
internal static class PythonOracle
{
    private const string Interpreter = "/usr/bin/python3";

    /// <summary>Runs a script that needs a package, and returns what it printed; fails the test if the script fails.</summary>
    public static string Run(string package, string debianName, string script, params string[] arguments)
    {
        bool isThere = File.Exists(Interpreter) && Start($"import importlib.util, sys; sys.exit(importlib.util.find_spec('{package}') is None)", []).ExitCode == 0;
        Assert.SkipUnless(isThere, $"needs Debian's package {debianName}, which is not on this machine");
        (int exitCode, string output, string error) = Start(script, arguments);
        Assert.True(exitCode == 0, error);
        return output;
    }

    private static (int ExitCode, string Output, string Error) Start(string script, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Interpreter, ["-c", script, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["OMP_NUM_THREADS"] = "1", ["OPENBLAS_NUM_THREADS"] = "1" },
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
