using System.Diagnostics;

namespace VggTransfer.Benchmarks.Measuring;

/// <summary>Programs that are run to their end, for what can only be measured in a process of its own.</summary>
internal static class ChildProcess
{
    /// <summary>This program with other arguments.</summary>
    public static ProcessStartInfo Self(params IEnumerable<string> arguments)
    {
        // Run as "dotnet Program.dll", the process is dotnet.
        string[] first = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(ChildProcess).Assembly.Location] : [];
        return new ProcessStartInfo(Environment.ProcessPath!, [.. first, .. arguments]);
    }

    /// <summary>Runs it and returns what it wrote on standard output; its words on standard error are passed on.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static string Run(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"'{start.FileName} {string.Join(' ', start.ArgumentList)}' ended with exit code {process.ExitCode}.");
    }
}
