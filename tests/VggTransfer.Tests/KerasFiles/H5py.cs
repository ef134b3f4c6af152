using System.Diagnostics;

namespace VggTransfer.Tests.KerasFiles;

/// <summary>The reference reader and writer of HDF5, as Debian packages it. Tests that need it are skipped where it is absent.</summary>
internal static class H5py
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<bool> s_present = new(() => File.Exists(Python) && Start("import h5py", []).ExitCode == 0);

    /// <summary>Runs a script; fails the test with what it wrote where it fails.</summary>
    public static string Run(string script, params string[] arguments)
    {
        Assert.SkipUnless(s_present.Value, "needs h5py for /usr/bin/python3 (Debian: python3-h5py)");
        (int exitCode, string output, string error) = Start(script, arguments);
        Assert.True(exitCode == 0, error);
        return output;
    }

    private static (int ExitCode, string Output, string Error) Start(string script, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}
