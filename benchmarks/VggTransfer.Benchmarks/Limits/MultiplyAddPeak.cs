using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace VggTransfer.Benchmarks.Limits;

/// <summary>
/// How many multiplications and additions in single precision a processor does in a second when nothing else costs time: a loop
/// of fused multiply-adds on registers alone, whose results don't wait for each other.
/// </summary>
internal static class MultiplyAddPeak
{
    /// <summary>Chains that don't depend on each other: more than latency times units on any processor so far.</summary>
    private const int Chains = 12;

    private const int Steps = 100_000;

    /// <summary>Numbers in a vector as wide as the processor has them.</summary>
    public static int Width => Vector512.IsHardwareAccelerated ? Vector512<float>.Count : Vector256.IsHardwareAccelerated ? Vector256<float>.Count : Vector128<float>.Count;

    /// <summary>
    /// Multiply-accumulates a second of all threads together. All of them work at once, so what they share counts; of each thread
    /// the best of many short runs does, so what else the machine does hardly matters.
    /// </summary>
    /// <param name="threads">One for each processor that is asked about.</param>
    /// <param name="duration">How long to try.</param>
    public static double Measure(int threads, TimeSpan duration)
    {
        double[] best = new double[threads];
        Thread[] running = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => best[i] = BestRun(duration)))];
        foreach (Thread thread in running)
        {
            thread.Start();
        }

        foreach (Thread thread in running)
        {
            thread.Join();
        }

        return best.Sum();
    }

    private static double BestRun(TimeSpan duration)
    {
        long begin = Stopwatch.GetTimestamp();
        double best = 0;
        while (Stopwatch.GetElapsedTime(begin) < duration)
        {
            long start = Stopwatch.GetTimestamp();
            float result = Vector512.IsHardwareAccelerated ? Run512(0.5f) : Vector256.IsHardwareAccelerated ? Run256(0.5f) : Run128(0.5f);
            double rate = (double)Steps * Chains * Width / Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (!float.IsFinite(result))
            {
                throw new InvalidOperationException("The loop's sums must stay finite.");
            }

            best = Math.Max(best, rate);
        }

        return best;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Run512(float start)
    {
        Vector512<float> factor = Vector512.Create(start), term = Vector512.Create(start);
        Vector512<float> a = term, b = term, c = term, d = term, e = term, f = term, g = term, h = term, i = term, j = term, k = term, l = term;
        for (int step = 0; step < Steps; step++)
        {
            a = Vector512.FusedMultiplyAdd(a, factor, term);
            b = Vector512.FusedMultiplyAdd(b, factor, term);
            c = Vector512.FusedMultiplyAdd(c, factor, term);
            d = Vector512.FusedMultiplyAdd(d, factor, term);
            e = Vector512.FusedMultiplyAdd(e, factor, term);
            f = Vector512.FusedMultiplyAdd(f, factor, term);
            g = Vector512.FusedMultiplyAdd(g, factor, term);
            h = Vector512.FusedMultiplyAdd(h, factor, term);
            i = Vector512.FusedMultiplyAdd(i, factor, term);
            j = Vector512.FusedMultiplyAdd(j, factor, term);
            k = Vector512.FusedMultiplyAdd(k, factor, term);
            l = Vector512.FusedMultiplyAdd(l, factor, term);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Run256(float start)
    {
        Vector256<float> factor = Vector256.Create(start), term = Vector256.Create(start);
        Vector256<float> a = term, b = term, c = term, d = term, e = term, f = term, g = term, h = term, i = term, j = term, k = term, l = term;
        for (int step = 0; step < Steps; step++)
        {
            a = Vector256.FusedMultiplyAdd(a, factor, term);
            b = Vector256.FusedMultiplyAdd(b, factor, term);
            c = Vector256.FusedMultiplyAdd(c, factor, term);
            d = Vector256.FusedMultiplyAdd(d, factor, term);
            e = Vector256.FusedMultiplyAdd(e, factor, term);
            f = Vector256.FusedMultiplyAdd(f, factor, term);
            g = Vector256.FusedMultiplyAdd(g, factor, term);
            h = Vector256.FusedMultiplyAdd(h, factor, term);
            i = Vector256.FusedMultiplyAdd(i, factor, term);
            j = Vector256.FusedMultiplyAdd(j, factor, term);
            k = Vector256.FusedMultiplyAdd(k, factor, term);
            l = Vector256.FusedMultiplyAdd(l, factor, term);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static float Run128(float start)
    {
        Vector128<float> factor = Vector128.Create(start), term = Vector128.Create(start);
        Vector128<float> a = term, b = term, c = term, d = term, e = term, f = term, g = term, h = term, i = term, j = term, k = term, l = term;
        for (int step = 0; step < Steps; step++)
        {
            a = Vector128.FusedMultiplyAdd(a, factor, term);
            b = Vector128.FusedMultiplyAdd(b, factor, term);
            c = Vector128.FusedMultiplyAdd(c, factor, term);
            d = Vector128.FusedMultiplyAdd(d, factor, term);
            e = Vector128.FusedMultiplyAdd(e, factor, term);
            f = Vector128.FusedMultiplyAdd(f, factor, term);
            g = Vector128.FusedMultiplyAdd(g, factor, term);
            h = Vector128.FusedMultiplyAdd(h, factor, term);
            i = Vector128.FusedMultiplyAdd(i, factor, term);
            j = Vector128.FusedMultiplyAdd(j, factor, term);
            k = Vector128.FusedMultiplyAdd(k, factor, term);
            l = Vector128.FusedMultiplyAdd(l, factor, term);
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
