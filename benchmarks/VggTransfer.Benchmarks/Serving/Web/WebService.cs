using System.Diagnostics;

namespace VggTransfer.Benchmarks.Serving.Web;

/// <summary>The sample as a process; ended when this is disposed.</summary>
internal sealed class WebService : IDisposable
{
    private const string Listening = "Now listening on: ";
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(1);

    // The levels of the console's log, and the lines that follow.
    private static readonly string[] s_failures = ["fail:", "crit:", "      System."];

    private readonly Process _process;

    private WebService(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public bool IsRunning => !_process.HasExited;

    /// <summary>Resident memory in millions of bytes.</summary>
    public double Megabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    /// <summary>The most resident memory so far in millions of bytes.</summary>
    public double PeakMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64 / 1e6;
        }
    }

    /// <summary>Open files and connections; 0 where the system doesn't tell.</summary>
    public int OpenFiles
    {
        get
        {
            string folder = $"/proc/{_process.Id}/fd";
            return Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder).Length : 0;
        }
    }

    /// <summary>The sample of this checkout, built as this program was.</summary>
    public static FileInfo Built()
    {
        string build = Path.GetFullPath(AppContext.BaseDirectory).TrimEnd(Path.DirectorySeparatorChar);
        string framework = Path.GetFileName(build), configuration = Path.GetFileName(Path.GetDirectoryName(build)!);
        return new FileInfo(Path.Combine(build, "../../../../..", "samples", "WebClassifier", "bin", configuration, framework, "WebClassifier.dll"));
    }

    /// <exception cref="FileNotFoundException">The sample isn't built.</exception>
    /// <exception cref="InvalidOperationException">It didn't start; standard error has its words.</exception>
    public static async Task<WebService> StartAsync(string program, string model, CancellationToken cancellationToken)
    {
        if (!File.Exists(program))
        {
            throw new FileNotFoundException($"There is no '{Path.GetFullPath(program)}'. Build it: dotnet build -c Release samples/WebClassifier.", program);
        }

        var start = new ProcessStartInfo("dotnet", [program, "--urls", "http://127.0.0.1:0", "--Classifier:ModelPath", model])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetDirectoryName(program),
        };
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.Exited += (_, _) => address.TrySetException(new InvalidOperationException("The service ended before it listened."));
        process.OutputDataReceived += (_, line) => Read(line.Data ?? "", address);
        process.Start();
        process.BeginOutputReadLine();
        try
        {
            return new WebService(process, await address.Task.WaitAsync(s_startLimit, cancellationToken));
        }
        catch
        {
            End(process);
            throw;
        }
    }

    public void Dispose() => End(_process);

    private static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        process.Dispose();
    }

    /// <summary>Finds the address, and passes on what the service logs as a failure.</summary>
    private static void Read(string line, TaskCompletionSource<Uri> address)
    {
        int at = line.IndexOf(Listening, StringComparison.Ordinal);
        if (at >= 0)
        {
            address.TrySetResult(new Uri(line[(at + Listening.Length)..].Trim()));
        }
        else if (s_failures.Any(start => line.StartsWith(start, StringComparison.Ordinal)))
        {
            Console.Error.WriteLine(line);
        }
    }
}
