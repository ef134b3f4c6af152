namespace VggTransfer.Keras.Data;

/// <summary>
/// Numbers with a shape, row-major, as a NumPy array holds them; the first dimension counts the samples. Images are
/// (samples, height, width, channels). The values are kept without copying and must not change while a training uses them.
/// </summary>
public sealed partial class NDArray
{
    private readonly int[] _shape;

    private NDArray(Array values, ElementType type, ReadOnlySpan<int> shape)
    {
        _shape = shape.IsEmpty ? [values.Length] : shape.ToArray();
        long count = 1;
        foreach (int dimension in _shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            count = checked(count * dimension);
        }

        if (count != values.Length)
        {
            throw new ArgumentException($"{values.Length} values don't fill the shape ({string.Join(", ", _shape)}).", nameof(values));
        }

        Values = values;
        Type = type;
    }

    /// <summary>The dimensions, the samples first.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>The type of the values.</summary>
    public ElementType Type { get; }

    /// <summary>The number of samples: the first dimension.</summary>
    public int Length => _shape[0];

    /// <summary>How many numbers there are.</summary>
    public int Count => Values.Length;

    /// <summary>How many numbers one sample has.</summary>
    public int RowLength => Length == 0 ? _shape.Skip(1).Aggregate(1, (product, dimension) => product * dimension) : Count / Length;

    /// <summary>A <c>byte[]</c>, <c>int[]</c>, <c>float[]</c> or <c>double[]</c>, as <see cref="Type"/> says.</summary>
    internal Array Values { get; }

    /// <summary>Pixels.</summary>
    /// <param name="values">As many as the shape has places; not copied.</param>
    /// <param name="shape">The dimensions; left out, one.</param>
    /// <exception cref="ArgumentException">The values don't fill the shape.</exception>
    public static NDArray From(byte[] values, params ReadOnlySpan<int> shape) => new(values, ElementType.UInt8, shape);

    /// <inheritdoc cref="From(byte[], ReadOnlySpan{int})"/>
    public static NDArray From(int[] values, params ReadOnlySpan<int> shape) => new(values, ElementType.Int32, shape);

    /// <inheritdoc cref="From(byte[], ReadOnlySpan{int})"/>
    public static NDArray From(float[] values, params ReadOnlySpan<int> shape) => new(values, ElementType.Float32, shape);

    /// <inheritdoc cref="From(byte[], ReadOnlySpan{int})"/>
    public static NDArray From(double[] values, params ReadOnlySpan<int> shape) => new(values, ElementType.Float64, shape);

    /// <summary>The values as 4-byte numbers, in a new array.</summary>
    public float[] ToSingles() => Values switch
    {
        float[] singles => [.. singles],
        byte[] bytes => Array.ConvertAll(bytes, value => (float)value),
        int[] integers => Array.ConvertAll(integers, value => (float)value),
        double[] doubles => Array.ConvertAll(doubles, value => (float)value),
        _ => throw new InvalidOperationException("The array holds values of an unknown type."),
    };

    /// <summary>The values as 8-byte numbers, in a new array.</summary>
    public double[] ToDoubles() => Values switch
    {
        double[] doubles => [.. doubles],
        float[] singles => Array.ConvertAll(singles, value => (double)value),
        byte[] bytes => Array.ConvertAll(bytes, value => (double)value),
        int[] integers => Array.ConvertAll(integers, value => (double)value),
        _ => throw new InvalidOperationException("The array holds values of an unknown type."),
    };

    /// <summary>Consecutive samples, copied.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ArgumentOutOfRangeException">They reach beyond the array.</exception>
    public NDArray Rows(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + count, Length, nameof(count));
        Array rows = NewRows(count);
        CopyRow(start, rows, 0, count);
        return WithRows(rows, count);
    }

    /// <summary>Chosen samples in a given order, copied.</summary>
    /// <param name="indices">Their numbers, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such sample.</exception>
    public NDArray Rows(ReadOnlySpan<int> indices)
    {
        Array rows = NewRows(indices.Length);
        for (int i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(indices[i]);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[i], Length);
            CopyRow(indices[i], rows, i, 1);
        }

        return WithRows(rows, indices.Length);
    }

    private Array NewRows(int count) => Array.CreateInstance(Values.GetType().GetElementType()!, checked(count * RowLength));

    private void CopyRow(int from, Array target, int to, int count) =>
        Array.Copy(Values, (long)from * RowLength, target, (long)to * RowLength, (long)count * RowLength);

    private NDArray WithRows(Array rows, int count) => new(rows, Type, [count, .. _shape.AsSpan(1)]);
}
