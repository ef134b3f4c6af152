namespace VggTransfer.Keras.Data;

/// <summary>Functions of inputs and targets as functions of batches.</summary>
internal static class BatchFunction
{
    public static Func<Batch, Batch> Of(Func<NDArray, NDArray, (NDArray X, NDArray Y)> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return batch =>
        {
            NDArray targets = batch.Y ?? throw new InvalidOperationException("This dataset has no targets; map it by a function of the whole batch.");
            (NDArray x, NDArray y) = function(batch.X, targets);
            return batch with { X = x, Y = y };
        };
    }
}
