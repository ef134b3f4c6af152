namespace VggTransfer.Keras.Models;

/// <summary>
/// A loss that is no finite number ended a training. With a <see cref="Callbacks.TerminateOnNaN"/> among its callbacks a
/// training ends quietly instead, as in Keras.
/// </summary>
public sealed class TrainingDivergedException : Exception
{
    /// <summary>Composes the message.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="step">From 0 in the epoch.</param>
    /// <param name="loss">What the loss was.</param>
    /// <param name="layer">The first layer whose output isn't finite; null where it isn't known.</param>
    public TrainingDivergedException(int epoch, int step, double loss, string? layer)
        : base($"The loss became {(double.IsNaN(loss) ? "NaN" : "infinite")} in step {step + 1} of epoch {epoch + 1}{(layer is null ? "" : $", first in {layer}")}. Use a lower learning rate or gradient clipping, and look for values in the data that aren't finite.")
    {
        Epoch = epoch;
        Step = step;
        Loss = loss;
        Layer = layer;
    }

    /// <summary>The epoch, from 0.</summary>
    public int Epoch { get; }

    /// <summary>The step in the epoch, from 0.</summary>
    public int Step { get; }

    /// <summary>What the loss was: NaN or an infinity.</summary>
    public double Loss { get; }

    /// <summary>The first layer, or "the loss", whose output isn't finite; null where it isn't known.</summary>
    public string? Layer { get; }
}
