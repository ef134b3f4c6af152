using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Initializers;

/// <summary>
/// Where a weight's first values come from. The names of Keras work wherever an initializer is asked for:
/// <c>"glorot_uniform"</c>, <c>"he_normal"</c>, <c>"zeros"</c>.
/// </summary>
public abstract class Initializer
{
    /// <summary>The values of a weight.</summary>
    /// <param name="shape">Keras's shape of it.</param>
    /// <param name="seed">What the values depend on; another weight gets another seed.</param>
    public abstract NDArray Create(IReadOnlyList<int> shape, ulong seed);

    /// <summary>An initializer by Keras's name.</summary>
    /// <exception cref="ArgumentException">There is no such initializer.</exception>
    public static implicit operator Initializer(string name) => FromName(name);

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static Initializer FromName(string name) => InitializerNames.Find(name);
}
