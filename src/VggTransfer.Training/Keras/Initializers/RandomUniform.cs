using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Initializers;

/// <summary>Numbers between two limits, each as likely as another. Keras's name is also <c>uniform</c>.</summary>
public sealed class RandomUniform : SeededInitializer
{
    /// <param name="minval">The lower limit.</param>
    /// <param name="maxval">The upper limit.</param>
    /// <param name="seed">What the values depend on; null for the model's seed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limits are no numbers, or the upper one lies below the lower one.</exception>
    public RandomUniform(double minval = -0.05, double maxval = 0.05, int? seed = null)
        : base(seed)
    {
        Minval = double.IsFinite(minval) ? minval : throw new ArgumentOutOfRangeException(nameof(minval), minval, "The lower limit must be a finite number.");
        Maxval = double.IsFinite(maxval) && maxval >= minval
            ? maxval
            : throw new ArgumentOutOfRangeException(nameof(maxval), maxval, $"The upper limit must be a finite number and not below the lower one, {minval}.");
    }

    /// <summary>The lower limit.</summary>
    public double Minval { get; }

    /// <summary>The upper limit.</summary>
    public double Maxval { get; }

    /// <inheritdoc/>
    public override NDArray Create(IReadOnlyList<int> shape, ulong seed) => Filling.Uniform(shape, Minval, Maxval, Choose(seed));
}
