using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Initializers;

/// <summary>The same value everywhere.</summary>
public sealed class Constant : Initializer
{
    /// <param name="value">Any number.</param>
    public Constant(double value = 0) => Value = value;

    /// <summary>The value, kept in 4-byte floating point in weights.</summary>
    public double Value { get; }

    /// <inheritdoc/>
    public override NDArray Create(IReadOnlyList<int> shape, ulong seed) => Filling.Constant(shape, Value);
}

/// <summary>0 everywhere.</summary>
public sealed class Zeros : Initializer
{
    /// <inheritdoc/>
    public override NDArray Create(IReadOnlyList<int> shape, ulong seed) => Filling.Constant(shape, 0);
}

/// <summary>1 everywhere.</summary>
public sealed class Ones : Initializer
{
    /// <inheritdoc/>
    public override NDArray Create(IReadOnlyList<int> shape, ulong seed) => Filling.Constant(shape, 1);
}
