namespace VggTransfer.Keras.Regularizers;

/// <summary>A penalty <c>l1 * sum(|w|) + l2 * sum(w^2)</c> that is added to the loss (keras/src/regularizers.py).</summary>
public class Regularizer
{
    private protected Regularizer(double l1, double l2)
    {
        Factor1 = Check(l1, nameof(l1));
        Factor2 = Check(l2, nameof(l2));
    }

    /// <summary>The factor on the absolute values.</summary>
    internal double Factor1 { get; }

    /// <summary>The factor on the squares.</summary>
    internal double Factor2 { get; }

    /// <summary>Whether what counts is how far a weight is from where training began, and not from 0.</summary>
    internal virtual bool IsFromStartingPoint => false;

    private static double Check(double factor, string name) =>
        double.IsFinite(factor) && factor >= 0 ? factor : throw new ArgumentOutOfRangeException(name, factor, $"{name} must be 0 or more.");
}

/// <summary>A penalty on the absolute values.</summary>
/// <param name="l1">The factor, 0 or more.</param>
public sealed class L1(double l1 = 0.01) : Regularizer(l1, 0);

/// <summary>A penalty on the squares.</summary>
/// <param name="l2">The factor, 0 or more.</param>
public sealed class L2(double l2 = 0.01) : Regularizer(0, l2);

/// <summary>A penalty on the absolute values and on the squares.</summary>
/// <param name="l1">The factor on the absolute values, 0 or more.</param>
/// <param name="l2">The factor on the squares, 0 or more.</param>
public sealed class L1L2(double l1 = 0, double l2 = 0) : Regularizer(l1, l2);

/// <summary>
/// A penalty <c>l2 * sum((w - w0)^2)</c> that draws weights back to where training began, as it suits pretrained ones (L2-SP; Li,
/// Grandvalet and Davoine, Explicit Inductive Bias for Transfer Learning, 2018). w0 are the weights as they are when the first
/// training or evaluation after <c>Compile</c> begins: load pretrained weights before it. A training that <c>BackupAndRestore</c>
/// resumes takes the same w0, as long as the same weights were loaded before it; a model that comes from a file with what it was
/// compiled with begins from the weights in the file. Costs the memory of a second copy of the weights that have it; those that
/// aren't trainable have no penalty and no copy.
/// </summary>
/// <param name="l2">The factor, 0 or more.</param>
public sealed class L2StartingPoint(double l2 = 0.01) : Regularizer(0, l2)
{
    /// <inheritdoc/>
    internal override bool IsFromStartingPoint => true;
}
