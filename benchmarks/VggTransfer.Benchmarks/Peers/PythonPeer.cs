using System.Diagnostics;
using System.Text.Json;

namespace VggTransfer.Benchmarks.Peers;

/// <summary>A Python program that stays and does a piece of work whenever it is asked to: a line of JSON in, a line of JSON out.</summary>
internal sealed class PythonPeer : IDisposable
{
    private readonly Process _process;
    private readonly string _script;

    /// <param name="script">The script, relative to this program's folder. It writes one line when it is ready.</param>
    /// <param name="arguments">Its arguments.</param>
    public PythonPeer(string script, params string[] arguments)
    {
        _script = script;
        _process = Process.Start(new ProcessStartInfo(DebianPython.Program, [Path.Combine(AppContext.BaseDirectory, script), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Ready = Read();
    }

    /// <summary>What the script said of itself.</summary>
    public JsonElement Ready { get; }

    /// <summary>Has a piece of work done, and returns when it is.</summary>
    /// <exception cref="InvalidOperationException">The script ended; its own words are on standard error.</exception>
    public JsonElement Ask<T>(T work)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(work));
        return Read();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private JsonElement Read() => _process.StandardOutput.ReadLine() is { } line
        ? JsonDocument.Parse(line).RootElement
        : throw new InvalidOperationException($"'{_script}' ended before its work was done.");
}
