using System.Globalization;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// When a callback acts: <c>"epoch"</c> (after each epoch), <c>"batch"</c> (after each step), or after every n-th step.
/// Left out, after each epoch.
/// </summary>
public readonly struct Frequency
{
    private Frequency(int steps) => Steps = steps;

    /// <summary>Steps between two actions; null for after each epoch.</summary>
    public int? Steps { get; }

    /// <summary>After every n-th step, counted over all epochs.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public static implicit operator Frequency(int steps) => EverySteps(steps);

    /// <summary><c>"epoch"</c> or <c>"batch"</c>.</summary>
    /// <exception cref="ArgumentException">It is another word.</exception>
    public static implicit operator Frequency(string name) => FromName(name);

    /// <inheritdoc cref="op_Implicit(int)"/>
    public static Frequency EverySteps(int steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return new Frequency(steps);
    }

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static Frequency FromName(string name) => name switch
    {
        "epoch" => default,
        "batch" => new Frequency(1),
        _ => throw new ArgumentException($"A frequency is \"epoch\", \"batch\" or a number of steps, and not \"{name}\".", nameof(name)),
    };

    /// <inheritdoc/>
    public override string ToString() => Steps?.ToString(CultureInfo.InvariantCulture) ?? "epoch";
}
