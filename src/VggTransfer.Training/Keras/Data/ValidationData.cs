namespace VggTransfer.Keras.Data;

/// <summary>
/// What a training is validated on: arrays or a dataset. Both convert to it: <c>validationData: (testX, testY)</c>,
/// <c>validationData: testDataset</c>.
/// </summary>
public sealed class ValidationData
{
    private readonly Dataset? _dataset;
    private readonly (NDArray X, NDArray Y, NDArray? SampleWeight) _arrays;

    private ValidationData(Dataset dataset) => _dataset = dataset;

    private ValidationData(NDArray x, NDArray y, NDArray? sampleWeight) => _arrays = (x, y, sampleWeight);

    /// <summary>A dataset.</summary>
    public static implicit operator ValidationData(Dataset dataset) => From(dataset);

    /// <summary>Inputs and targets.</summary>
    public static implicit operator ValidationData((NDArray X, NDArray Y) arrays) => From(arrays.X, arrays.Y);

    /// <summary>Inputs, targets and sample weights.</summary>
    public static implicit operator ValidationData((NDArray X, NDArray Y, NDArray SampleWeight) arrays) => From(arrays.X, arrays.Y, arrays.SampleWeight);

    /// <summary>A dataset.</summary>
    /// <param name="dataset">Its pass 0 is read in each validation.</param>
    public static ValidationData From(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return new ValidationData(dataset);
    }

    /// <summary>Arrays, read in their order.</summary>
    /// <param name="x">The inputs; the first dimension counts the samples.</param>
    /// <param name="y">The targets, as many.</param>
    /// <param name="sampleWeight">A factor on the loss of each sample; null for 1.</param>
    /// <exception cref="ArgumentException">The arrays hold different numbers of samples.</exception>
    public static ValidationData From(NDArray x, NDArray y, NDArray? sampleWeight = null)
    {
        SampleCount.Check(x, y, sampleWeight);
        return new ValidationData(x, y, sampleWeight);
    }

    /// <summary>The batches.</summary>
    /// <param name="batchSize">For arrays; null for 32, or for what the steps need.</param>
    /// <param name="steps">Batches of a validation; null for all.</param>
    internal Dataset ToDataset(int? batchSize, int? steps) =>
        _dataset ?? ArrayBatches.Of(_arrays.X, _arrays.Y, _arrays.SampleWeight, batchSize, steps, shuffleSeed: null);
}
