using System.Diagnostics;

namespace VggTransfer.Benchmarks.Measuring;

/// <summary>One way of doing the work, measured in turns with the others.</summary>
/// <param name="Name">Which way.</param>
/// <param name="Measure">Does the work once and returns what was measured.</param>
internal sealed record Contender(string Name, Func<double> Measure)
{
    /// <summary>Seconds that some work takes.</summary>
    public static Contender OfTime(string name, Action work) => new(name, () => Seconds(work));

    /// <summary>
    /// Images a second. Warms up, and finds how many images fill the time of a run, so that slow and fast ways are measured about
    /// equally long.
    /// </summary>
    /// <param name="name">Which way.</param>
    /// <param name="batch">Images in a batch; a run is a multiple of it.</param>
    /// <param name="runTime">How long a run should last; one batch at least is run.</param>
    /// <param name="process">Takes a number of images through.</param>
    public static Contender OfRate(string name, int batch, TimeSpan runTime, Action<int> process)
    {
        double seconds = Seconds(() => process(batch));
        if (seconds < runTime.TotalSeconds)
        {
            // The first run was too short not to be mostly compilation and first touches of memory.
            seconds = Seconds(() => process(batch));
        }

        int count = batch * (int)Math.Clamp(Math.Round(runTime.TotalSeconds / seconds), 1, 1_000_000 / batch);
        return new(name, () => count / Seconds(() => process(count)));
    }

    private static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
