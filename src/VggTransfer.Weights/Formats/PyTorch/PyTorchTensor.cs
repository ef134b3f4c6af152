namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>A tensor as a pickle describes it, sound or not: see <see cref="Fault"/>.</summary>
/// <param name="Storage">Where its numbers are.</param>
/// <param name="Type">Its elements.</param>
/// <param name="Offset">Its first element in the storage.</param>
/// <param name="Shape">Its dimensions, outermost first.</param>
/// <param name="Strides">For each dimension, how many elements further the next index is.</param>
internal sealed record PyTorchTensor(PyTorchStorage Storage, TorchDataType Type, long Offset, IReadOnlyList<long> Shape, IReadOnlyList<long> Strides)
{
    // torch itself allows 64 dimensions.
    private const int MaximumDimensions = 64;

    /// <summary>The shape as (2, 3, 3, 3).</summary>
    public string ShapeText => $"({string.Join(", ", Shape)})";

    /// <summary>How many numbers it has; at the most <see cref="long.MaxValue"/>, whatever the shape says.</summary>
    public long Count
    {
        get
        {
            Int128 count = 1;
            foreach (long dimension in Shape)
            {
                count = Int128.Min(count * dimension, long.MaxValue);
            }

            return Shape.Contains(0) ? 0 : (long)count;
        }
    }

    /// <summary>How many elements of its storage it spans from its first to its last; 0 where it is empty.</summary>
    public Int128 Span => Count == 0 ? 0 : Shape.Zip(Strides).Aggregate((Int128)1, (sum, pair) => sum + ((Int128)(pair.First - 1) * pair.Second));

    /// <summary>What is wrong with where it lies, as the rest of a sentence after "tensor 'x'"; null where nothing is.</summary>
    public string? Fault
    {
        get
        {
            if (Offset < 0 || Strides.Any(stride => stride < 0))
            {
                return $"begins at element {Offset:N0} of its storage with strides ({string.Join(", ", Strides)}), and neither can be negative; get the file again";
            }

            // An untyped storage counts bytes.
            Int128 available = (Int128)Storage.ViewCount * Storage.Type.ByteSize() / Type.ByteSize();
            return Offset + Span > available
                ? $"of shape {ShapeText} needs {Offset + Span:N0} elements of its storage, which has {available:N0}; get the file again"
                : null;
        }
    }

    /// <summary>Makes a tensor of the arguments of torch's rebuilding functions: storage, offset, size, strides.</summary>
    /// <param name="arguments">At least these four.</param>
    /// <param name="type">The element type where the storage doesn't say it; null for the storage's.</param>
    /// <returns>Null where they are something else.</returns>
    public static PyTorchTensor? FromArguments(ReadOnlySpan<object?> arguments, TorchDataType? type = null)
    {
        if (arguments is not [PyTorchStorage storage, long offset, object?[] shape, object?[] strides, ..]
            || shape.Length != strides.Length
            || shape.Length > MaximumDimensions
            || !shape.All(dimension => dimension is >= 0L and <= int.MaxValue)
            || !strides.All(stride => stride is long)
            || ((type ?? storage.Type) == TorchDataType.Untyped))
        {
            return null;
        }

        return new PyTorchTensor(storage, type ?? storage.Type, offset, [.. shape.Cast<long>()], [.. strides.Cast<long>()]);
    }
}
