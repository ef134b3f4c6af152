namespace VggTransfer.Keras.Data;

/// <summary>What one step of training, evaluation or prediction works on.</summary>
/// <param name="X">The inputs; images are (samples, height, width, channels).</param>
/// <param name="Y">
/// The targets: (samples) or (samples, 1) class indices, or (samples, classes) one-hot rows; null where only predictions
/// are wanted.
/// </param>
/// <param name="SampleWeight">A factor on the loss of each sample; null for 1.</param>
public sealed record Batch(NDArray X, NDArray? Y = null, NDArray? SampleWeight = null)
{
    /// <summary>The number of samples.</summary>
    public int Count => X.Length;
}
