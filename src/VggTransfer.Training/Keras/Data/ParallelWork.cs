using System.Runtime.ExceptionServices;

namespace VggTransfer.Keras.Data;

/// <summary>The same work on many samples, on all cores.</summary>
internal static class ParallelWork
{
    /// <summary>Works on 0 to <paramref name="count"/> - 1. Of several failures, the first sample's is thrown as it is.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static void For(int count, Action<int> work, CancellationToken cancellationToken)
    {
        var failures = new SortedDictionary<int, Exception>();
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellationToken }, (i, state) =>
        {
            try
            {
                work(i);
            }
            catch (Exception exception)
            {
                lock (failures)
                {
                    failures.Add(i, exception);
                }

                // Earlier ones still run, so that which failure is thrown doesn't depend on the threads.
                state.Break();
            }
        });
        if (failures.Count > 0)
        {
            ExceptionDispatchInfo.Throw(failures.First().Value);
        }
    }
}
