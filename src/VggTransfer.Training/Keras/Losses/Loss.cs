namespace VggTransfer.Keras.Losses;

/// <summary>What training minimises (keras/src/losses.py). Keras's names work too: <c>"categorical_crossentropy"</c>.</summary>
public abstract class Loss
{
    private protected Loss() { }

    /// <summary>Keras's name of it: <c>categorical_crossentropy</c>.</summary>
    public abstract string Name { get; }

    /// <summary>A loss by Keras's name, from probabilities.</summary>
    /// <exception cref="ArgumentException">There is no such loss.</exception>
    public static implicit operator Loss(string name) => FromName(name);

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static Loss FromName(string name) => LossNames.Find(name);

    private protected static double CheckSmoothing(double labelSmoothing) =>
        labelSmoothing is >= 0 and <= 1
        ? labelSmoothing
        : throw new ArgumentOutOfRangeException(nameof(labelSmoothing), labelSmoothing, "Label smoothing must be 0 to 1.");
}
