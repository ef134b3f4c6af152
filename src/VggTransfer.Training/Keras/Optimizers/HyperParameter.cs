using System.Runtime.CompilerServices;

namespace VggTransfer.Keras.Optimizers;

/// <summary>The ranges of optimizers' numbers.</summary>
internal static class HyperParameter
{
    /// <exception cref="ArgumentOutOfRangeException">The value isn't 0 to 1.</exception>
    public static double Share(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be 0 to 1.");

    /// <exception cref="ArgumentOutOfRangeException">The value is negative or no number.</exception>
    public static double NotNegative(double value, [CallerArgumentExpression(nameof(value))] string name = "") =>
        value >= 0 && double.IsFinite(value) ? value : throw new ArgumentOutOfRangeException(name, value, $"{name} must be 0 or more.");
}
