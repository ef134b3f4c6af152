namespace VggTransfer.Keras.Data;

/// <summary>Arrays in batches, as <c>Fit</c>, <c>Evaluate</c> and <c>Predict</c> read them.</summary>
internal static class ArrayBatches
{
    // Keras's default (keras/engine/data_adapter.py, TensorLikeDataAdapter).
    private const int DefaultBatchSize = 32;

    /// <param name="x">The inputs.</param>
    /// <param name="y">The targets, or null.</param>
    /// <param name="sampleWeight">The weights of samples, or null.</param>
    /// <param name="batchSize">Samples in a batch; null for 32, or, where the steps are given, for as many as it takes.</param>
    /// <param name="steps">Batches of an epoch; null for all.</param>
    /// <param name="shuffleSeed">What the order follows from, pass by pass; null for the order of the arrays.</param>
    /// <exception cref="ArgumentException">The arrays hold different numbers of samples, or none.</exception>
    public static Dataset Of(NDArray x, NDArray? y, NDArray? sampleWeight, int? batchSize, int? steps, int? shuffleSeed)
    {
        SampleCount.Check(x, y, sampleWeight);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize ?? 1, 1, nameof(batchSize));
        SampleDataset samples = Dataset.FromTensorSlices(x, y, sampleWeight);
        if (shuffleSeed is { } seed)
        {
            samples = samples.Shuffle(bufferSize: x.Length, seed);
        }

        return samples.Batch(batchSize ?? (steps is { } count ? (x.Length + count - 1) / count : DefaultBatchSize));
    }
}
