using System.Diagnostics;

namespace VggTransfer.Benchmarks.Peers;

/// <summary>Python as the system's own packages have it (python3-torch, python3-sklearn, python3-pil).</summary>
internal static class DebianPython
{
    /// <summary>Debian's and Ubuntu's own; a virtual environment's may stand before it in the search path.</summary>
    public const string Program = "/usr/bin/python3";

    /// <summary>Whether these modules can be imported.</summary>
    public static bool Has(params string[] modules)
    {
        if (!File.Exists(Program))
        {
            return false;
        }

        using Process process = Process.Start(new ProcessStartInfo(Program, ["-c", $"import {string.Join(", ", modules)}"]) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
