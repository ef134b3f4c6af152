namespace VggTransfer.Models;

/// <summary>What every reader of weights asks of their numbers: that none is NaN or infinite.</summary>
internal static class FiniteWeights
{
    /// <summary>Reads the numbers once.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="fault">Makes the exception of what is wrong with it, the rest of a sentence without a full stop; asked only where something is.</param>
    /// <returns>The tensor.</returns>
    /// <exception cref="InvalidModelFileException">A number is NaN or infinite.</exception>
    public static ModelTensor Require(ModelTensor tensor, Func<string, InvalidModelFileException> fault) =>
        tensor.IsFinite() ? tensor : throw fault("holds NaN or infinity, so the weights are damaged or their training diverged");
}
