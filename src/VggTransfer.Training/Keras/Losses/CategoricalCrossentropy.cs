namespace VggTransfer.Keras.Losses;

/// <summary>
/// The cross-entropy between one-hot rows (or distributions) and the predicted distribution (keras/src/losses.py,
/// <c>categorical_crossentropy</c>). Where the last layer has a softmax or sigmoid, the loss is computed from what goes
/// into it, as Keras does; other probabilities are made to sum to 1 and clipped to 1e-7 .. 1 - 1e-7.
/// </summary>
public sealed class CategoricalCrossentropy : Loss
{
    /// <param name="fromLogits">Whether the model's output is logits rather than probabilities.</param>
    /// <param name="labelSmoothing">The share of each target that is spread evenly over all classes, 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The smoothing is out of its range.</exception>
    public CategoricalCrossentropy(bool fromLogits = false, double labelSmoothing = 0)
    {
        FromLogits = fromLogits;
        LabelSmoothing = CheckSmoothing(labelSmoothing);
    }

    /// <inheritdoc/>
    public override string Name => "categorical_crossentropy";

    /// <summary>Whether the model's output is logits.</summary>
    public bool FromLogits { get; }

    /// <summary>The share of each target that is spread evenly over all classes.</summary>
    public double LabelSmoothing { get; }
}
