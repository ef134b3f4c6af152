using VggTransfer.Keras.Metrics;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Computes metrics (keras/src/metrics/accuracy_metrics.py, keras/src/utils/metrics_utils.py).</summary>
internal static class MetricComputation
{
    /// <summary>The sum over a batch's samples, as a scalar tensor; it is divided by the number of samples.</summary>
    /// <param name="metric">Which metric.</param>
    /// <param name="output">The model's output, (samples, outputs), in the type of losses.</param>
    /// <param name="logits">What went into the last softmax or sigmoid; null if there is none at the end.</param>
    /// <param name="targets">The targets.</param>
    /// <exception cref="ArgumentException">The targets don't suit the metric.</exception>
    public static Tensor Sum(Metric metric, Tensor output, Logits? logits, Targets targets) => metric switch
    {
        // Keras's choice: by the number of outputs first, then by the form of the targets.
        Accuracy when output.shape[1] == 1 => Binary(output, targets.Rows(metric.Name), 0.5),
        Accuracy when targets.IsIndices => Count(output.argmax(1).eq(targets.Classes(metric.Name))),
        Accuracy or CategoricalAccuracy => Count(output.argmax(1).eq(targets.Rows(metric.Name).argmax(1))),
        SparseCategoricalAccuracy => Count(output.argmax(1).eq(targets.Classes(metric.Name))),
        BinaryAccuracy binary => Binary(output, targets.Rows(metric.Name), binary.Threshold),
        TopKCategoricalAccuracy top => TopK(output, targets.Rows(metric.Name).argmax(1), top.K),
        SparseTopKCategoricalAccuracy top => TopK(output, targets.Classes(metric.Name), top.K),
        LossMetric loss => LossComputation.PerSample(loss.Loss, output, logits, targets).sum(),
        _ => throw new NotSupportedException($"The engine doesn't know the metric {metric.Name}."),
    };

    private static Tensor Count(Tensor matches) => matches.sum();

    private static Tensor Binary(Tensor output, Tensor rows, double threshold) =>
        output.gt(KeptScalar.Of(threshold)).to(rows.dtype).eq(rows).to(rows.dtype).mean([1L]).sum();

    // As TensorFlow's in_top_k: the target counts if fewer than k outputs are larger, and never where one is no number.
    private static Tensor TopK(Tensor output, Tensor classes, int k)
    {
        Tensor own = output.gather(1, classes.unsqueeze(1));
        Tensor larger = output.gt(own).sum(1);
        return Count(larger.lt(KeptScalar.Of(k)).logical_and(output.isfinite().all(1)));
    }
}
