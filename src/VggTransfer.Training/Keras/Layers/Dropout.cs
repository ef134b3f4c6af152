namespace VggTransfer.Keras.Layers;

/// <summary>Sets a share of the values to 0 in training and scales the others up; does nothing in inference.</summary>
public sealed class Dropout : Layer
{
    /// <param name="rate">The share, 0 up to (not including) 1.</param>
    /// <param name="name">The layer's name.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is out of its range.</exception>
    public Dropout(double rate, string? name = null)
        : base(name) =>
        Rate = rate is >= 0 and < 1 ? rate : throw new ArgumentOutOfRangeException(nameof(rate), rate, "A dropout rate must be 0 or more, and below 1.");

    /// <summary>The share that is set to 0.</summary>
    public double Rate { get; }

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => inputShape;
}
