using VggTransfer.Keras.Losses;

namespace VggTransfer.Keras.Metrics;

/// <summary>Keras's names of the metrics.</summary>
internal static class MetricNames
{
    /// <exception cref="ArgumentException">There is no such metric.</exception>
    public static Metric Find(string name) => name switch
    {
        // Keras calls these as they were asked for.
        "accuracy" or "acc" => new Accuracy(name),
        "categorical_accuracy" or "CategoricalAccuracy" => new CategoricalAccuracy(),
        "sparse_categorical_accuracy" or "SparseCategoricalAccuracy" => new SparseCategoricalAccuracy(),
        "binary_accuracy" or "BinaryAccuracy" => new BinaryAccuracy(),
        "top_k_categorical_accuracy" or "TopKCategoricalAccuracy" => new TopKCategoricalAccuracy(),
        "sparse_top_k_categorical_accuracy" or "SparseTopKCategoricalAccuracy" => new SparseTopKCategoricalAccuracy(),
        _ when LossNames.TryFind(name) is { } loss => new LossMetric(loss),
        _ => throw new ArgumentException(
            $"There is no metric '{name}'; there are accuracy, categorical_accuracy, sparse_categorical_accuracy, binary_accuracy, top_k_categorical_accuracy, "
            + "sparse_top_k_categorical_accuracy and the losses.",
            nameof(name)),
    };
}
