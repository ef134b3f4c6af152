namespace VggTransfer.Keras.Metrics;

/// <summary>The share of samples whose target class is among the k largest outputs; targets are one-hot rows.</summary>
public sealed class TopKCategoricalAccuracy : Metric
{
    /// <param name="k">How many outputs count, 1 or more.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is below 1.</exception>
    public TopKCategoricalAccuracy(int k = 5, string name = "top_k_categorical_accuracy")
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        K = k;
    }

    /// <summary>How many outputs count.</summary>
    public int K { get; }
}

/// <summary>The share of samples whose target class is among the k largest outputs; targets are class indices.</summary>
public sealed class SparseTopKCategoricalAccuracy : Metric
{
    /// <param name="k">How many outputs count, 1 or more.</param>
    /// <param name="name">What it is called.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is below 1.</exception>
    public SparseTopKCategoricalAccuracy(int k = 5, string name = "sparse_top_k_categorical_accuracy")
        : base(name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        K = k;
    }

    /// <summary>How many outputs count.</summary>
    public int K { get; }
}
