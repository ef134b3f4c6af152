using System.Diagnostics;

namespace VggTransfer.Benchmarks.ColdStart;

/// <summary>What a process cost that classified one photo.</summary>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="PeakMegabytes">The most memory that it had, in millions of bytes; pages of mapped files included.</param>
internal sealed record FirstPrediction(double Seconds, double PeakMegabytes)
{
    /// <summary>The variable that names another <c>vggtransfer</c> to measure, such as a published one.</summary>
    private const string ToolVariable = "VGGTRANSFER_TOOL";

    // The peak is only known while the process lives, and it never falls.
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);

    /// <summary><c>vggtransfer predict</c>.</summary>
    public static FirstPrediction OfTool(string model, string photo)
    {
        string[] arguments = ["predict", model, photo, "--json", "--quiet"];
        return Measure(Environment.GetEnvironmentVariable(ToolVariable) is { Length: > 0 } tool
            ? new ProcessStartInfo(tool, arguments)
            : new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "VggTransfer.Cli.dll"), .. arguments]));
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It ended with another exit code than 0.</exception>
    public static FirstPrediction Measure(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        long before = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(s_interval))
        {
            peak = Math.Max(peak, Peak(process));
        }

        double seconds = Stopwatch.GetElapsedTime(before).TotalSeconds;
        return process.ExitCode == 0 && output.GetAwaiter().GetResult().Length > 0
            ? new FirstPrediction(seconds, peak / 1e6)
            : throw new InvalidOperationException($"'{start.FileName} {string.Join(' ', start.ArgumentList)}' ended with exit code {process.ExitCode}.");
    }

    private static long Peak(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            // It ended this moment.
            return 0;
        }
    }
}
