using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace VggTransfer.Benchmarks.Serving;

/// <summary>What one way made of the load.</summary>
/// <param name="Throughput">Images a second.</param>
/// <param name="P50">Milliseconds.</param>
/// <param name="P99">Milliseconds.</param>
/// <param name="Wrong">Answers that differ from those of one thread.</param>
/// <param name="PeakMegabytes">The process's largest resident memory.</param>
/// <param name="GrowthMegabytes">How much it grew in the second half of the calls.</param>
/// <param name="Handles">How many more files were open after the calls than before.</param>
internal sealed record ServingLoad(double Throughput, double P50, double P99, int Wrong, double PeakMegabytes, double GrowthMegabytes, int Handles)
{
    /// <summary>Calls from many threads, each on the next image; every answer is compared.</summary>
    /// <param name="paths">The images.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="calls">Calls in all.</param>
    /// <param name="classify">A call; its answer has all that must be equal.</param>
    public static ServingLoad Measure(IReadOnlyList<string> paths, int threads, int calls, Func<string, string> classify)
    {
        string[] expected = [.. paths.Select(classify)];
        double[] latencies = new double[calls];
        int next = -1, wrong = 0;
        double half = 0;
        int handles = OpenFiles();
        void Work()
        {
            for (int i = Interlocked.Increment(ref next); i < calls; i = Interlocked.Increment(ref next))
            {
                if (i == calls / 2)
                {
                    Volatile.Write(ref half, ResidentMegabytes());
                }

                long begin = Stopwatch.GetTimestamp();
                string answer = classify(paths[i % paths.Count]);
                latencies[i] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
                if (answer != expected[i % paths.Count])
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        }

        var clock = Stopwatch.StartNew();
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(Work))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        double seconds = clock.Elapsed.TotalSeconds;
        Array.Sort(latencies);
        using Process process = Process.GetCurrentProcess();
        return new ServingLoad(
            calls / seconds, latencies[calls / 2], latencies[(int)(calls * 0.99)], wrong, process.PeakWorkingSet64 / 1e6, ResidentMegabytes() - half, OpenFiles() - handles);
    }

    public string ToJson() => JsonSerializer.Serialize(this);

    public static ServingLoad FromJson(string json) => JsonSerializer.Deserialize<ServingLoad>(json)!;

    public string ToRow(string way) => string.Create(CultureInfo.InvariantCulture,
        $"| {way} | {Throughput:F1} | {P50:F0} | {P99:F0} | {Wrong} | {PeakMegabytes:F0} | {GrowthMegabytes:F0} | {Handles} |");

    private static double ResidentMegabytes()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1e6;
    }

    private static int OpenFiles() => Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
}
