namespace VggTransfer.Keras.Losses;

/// <summary>
/// The cross-entropy between class indices and the predicted distribution (keras/src/losses.py,
/// <c>sparse_categorical_crossentropy</c>). Where the last layer has a softmax, the loss is computed from what goes into
/// it, as Keras does; other probabilities are clipped to 1e-7 .. 1 - 1e-7.
/// </summary>
/// <param name="fromLogits">Whether the model's output is logits rather than probabilities.</param>
public sealed class SparseCategoricalCrossentropy(bool fromLogits = false) : Loss
{
    /// <inheritdoc/>
    public override string Name => "sparse_categorical_crossentropy";

    /// <summary>Whether the model's output is logits.</summary>
    public bool FromLogits { get; } = fromLogits;
}
