namespace VggTransfer.Keras.Models;

/// <summary>
/// After which epochs a training is validated: every n-th (<c>validationFreq: 2</c>), or those of a list
/// (<c>validationFreq: new[] { 1, 5, 10 }</c>, counted from 1). Left out, after each.
/// </summary>
public readonly struct ValidationFrequency
{
    private readonly int _interval;
    private readonly int[]? _epochs;

    private ValidationFrequency(int interval, int[]? epochs)
    {
        _interval = interval;
        _epochs = epochs;
    }

    /// <summary>After every n-th epoch, counted from the training's very first one, also where it starts later.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public static implicit operator ValidationFrequency(int interval) => Every(interval);

    /// <summary>After the epochs of a list, counted from 1.</summary>
    public static implicit operator ValidationFrequency(int[] epochs) => After(epochs);

    /// <inheritdoc cref="op_Implicit(int)"/>
    public static ValidationFrequency Every(int interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, 1);
        return new ValidationFrequency(interval, null);
    }

    /// <inheritdoc cref="op_Implicit(int[])"/>
    public static ValidationFrequency After(params int[] epochs)
    {
        ArgumentNullException.ThrowIfNull(epochs);
        return new ValidationFrequency(0, [.. epochs]);
    }

    /// <summary>Whether an epoch, counted from 0, is validated.</summary>
    internal bool Includes(int epoch) => _epochs?.Contains(epoch + 1) ?? ((epoch + 1) % Math.Max(1, _interval) == 0);
}
