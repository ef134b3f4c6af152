using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Metrics;
using VggTransfer.Training;

namespace VggTransfer.Keras.Models;

/// <summary>
/// The loss and the metrics over the batches so far: the loss is weighted by the batch sizes, a metric is its sum over its
/// count.
/// </summary>
internal sealed class RunningFigures(IReadOnlyList<Metric> metrics)
{
    private readonly double[] _sums = new double[metrics.Count];
    private readonly double[] _counts = new double[metrics.Count];
    private double _lossSum;
    private double _samples;

    public void Reset()
    {
        _lossSum = 0;
        _samples = 0;
        Array.Clear(_sums);
        Array.Clear(_counts);
    }

    public void Add(StepResult step)
    {
        _lossSum += step.Loss * step.Samples;
        _samples += step.Samples;
        for (int i = 0; i < _sums.Length; i++)
        {
            _sums[i] += step.Metrics[i].Sum;
            _counts[i] += step.Metrics[i].Count;
        }
    }

    /// <summary>The means; 0 where nothing was added, as Keras has it.</summary>
    public Logs ToLogs()
    {
        var logs = new Logs { ["loss"] = Mean(_lossSum, _samples) };
        for (int i = 0; i < _sums.Length; i++)
        {
            logs[metrics[i].Name] = Mean(_sums[i], _counts[i]);
        }

        return logs;
    }

    /// <summary>Everything in one array, for checkpoints.</summary>
    public double[] Save() => [_lossSum, _samples, .. _sums, .. _counts];

    /// <summary>Takes back what <see cref="Save"/> gave.</summary>
    /// <returns>False if it comes from other metrics.</returns>
    public bool TryRestore(IReadOnlyList<double> saved)
    {
        if (saved.Count != 2 + (2 * _sums.Length))
        {
            return false;
        }

        (_lossSum, _samples) = (saved[0], saved[1]);
        for (int i = 0; i < _sums.Length; i++)
        {
            _sums[i] = saved[2 + i];
            _counts[i] = saved[2 + _sums.Length + i];
        }

        return true;
    }

    private static double Mean(double sum, double count) => count == 0 ? 0 : sum / count;
}
