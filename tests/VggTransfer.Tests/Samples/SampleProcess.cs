using System.Collections.Concurrent;
using System.Diagnostics;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Samples;

/// <summary>A running sample, and what it has printed so far. Ended with the test.</summary>
internal sealed class SampleProcess : IDisposable
{
    private static readonly TimeSpan s_timeLimit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];

    private SampleProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Starts the built program of a sample.</summary>
    public static SampleProcess Start(string sample, string workingDirectory, params string[] arguments) =>
        new(Process.Start(new ProcessStartInfo("dotnet", [Repository.Program($"samples/{sample}"), .. arguments])
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!);

    /// <summary>Everything printed, in the order in which it came.</summary>
    public ConcurrentQueue<string> Printed { get; } = new();

    public int ProcessId => _process.Id;

    /// <summary>The next line with a text in it.</summary>
    public string WaitFor(string text)
    {
        using var limit = new CancellationTokenSource(s_timeLimit);
        try
        {
            return _lines.GetConsumingEnumerable(limit.Token).First(line => line.Contains(text, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            throw new InvalidOperationException($"The sample didn't print '{text}':\n{string.Join('\n', Printed)}", e);
        }
    }

    /// <summary>Asks the program to end, as Ctrl+C and service managers do.</summary>
    public int Stop()
    {
        using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.True(_process.WaitForExit(s_timeLimit), "The sample didn't end in time.");
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
        _lines.Dispose();
    }

    private void Add(string? line)
    {
        if (line is null)
        {
            return;
        }

        Printed.Enqueue(line);
        if (!_lines.IsAddingCompleted)
        {
            _lines.Add(line);
        }
    }
}
