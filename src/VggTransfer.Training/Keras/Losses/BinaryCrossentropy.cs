namespace VggTransfer.Keras.Losses;

/// <summary>
/// The cross-entropy of independent yes-or-no outputs, their mean for each sample (keras/src/losses.py,
/// <c>binary_crossentropy</c>). Where the last layer has a sigmoid, the loss is computed from what goes into it, as Keras
/// does; other probabilities are clipped to 1e-7 .. 1 - 1e-7.
/// </summary>
public sealed class BinaryCrossentropy : Loss
{
    /// <param name="fromLogits">Whether the model's output is logits rather than probabilities.</param>
    /// <param name="labelSmoothing">How far targets are drawn towards 0.5, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The smoothing is out of its range.</exception>
    public BinaryCrossentropy(bool fromLogits = false, double labelSmoothing = 0)
    {
        FromLogits = fromLogits;
        LabelSmoothing = CheckSmoothing(labelSmoothing);
    }

    /// <inheritdoc/>
    public override string Name => "binary_crossentropy";

    /// <summary>Whether the model's output is logits.</summary>
    public bool FromLogits { get; }

    /// <summary>How far targets are drawn towards 0.5.</summary>
    public double LabelSmoothing { get; }
}
