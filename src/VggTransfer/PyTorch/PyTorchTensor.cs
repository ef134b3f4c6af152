namespace VggTransfer.PyTorch;

/// <summary>A tensor as a pickle describes it; nothing of it has been checked against its storage yet.</summary>
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

    /// <summary>Makes a tensor of the arguments of torch's rebuilding functions: storage, offset, size, strides.</summary>
    /// <param name="arguments">At least these four.</param>
    /// <param name="type">The element type where the storage doesn't say it; null for the storage's.</param>
    /// <returns>Null where they are something else.</returns>
    public static PyTorchTensor? FromArguments(ReadOnlySpan<object?> arguments, TorchDataType? type = null)
    {
        if (arguments is not [PyTorchStorage storage, long offset, object?[] shape, object?[] strides, ..]
            || shape.Length != strides.Length
            || shape.Length > MaximumDimensions
            || !shape.All(dimension => dimension is long)
            || !strides.All(stride => stride is long)
            || ((type ?? storage.Type) == TorchDataType.Untyped))
        {
            return null;
        }

        return new PyTorchTensor(storage, type ?? storage.Type, offset, [.. shape.Cast<long>()], [.. strides.Cast<long>()]);
    }
}
