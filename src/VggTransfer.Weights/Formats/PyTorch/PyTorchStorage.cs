namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>A run of numbers in a file, which tensors are views of. It lies outside the pickle, under a key.</summary>
/// <param name="Key">Its name in the archive, or in the list of an old file.</param>
/// <param name="Type">Its elements.</param>
/// <param name="Count">How many elements it holds, as the pickle claims; 0 or more.</param>
internal sealed record PyTorchStorage(string Key, TorchDataType Type, long Count)
{
    /// <summary>Where the part that tensors see begins, in elements; only files of before torch 0.4 have such parts.</summary>
    public long ViewStart { get; init; }

    /// <summary>How many elements tensors see.</summary>
    public long ViewCount { get; init; } = Count;

    /// <summary>All its bytes, as the pickle claims.</summary>
    public Int128 ByteCount => (Int128)Count * Type.ByteSize();

    /// <summary>
    /// Reads what torch's pickler writes for a storage: ("storage", class, key, device, elements), in old files with a
    /// sixth member, None or (key, first element, elements) of a part. Where it was (<c>cuda:0</c>) doesn't matter.
    /// </summary>
    /// <returns>Null where it is something else.</returns>
    public static PyTorchStorage? FromPersistentId(object? id)
    {
        if (id is not object?[] { Length: 5 or 6 } parts
            || parts is not ["storage", PyTorchGlobal { StorageType: { } type }, string key, string or null, long count, ..]
            || count < 0)
        {
            return null;
        }

        var storage = new PyTorchStorage(key, type, count);
        if (parts.Length == 5 || parts[5] is null)
        {
            return storage;
        }

        return parts[5] is object?[] and [string, long start, long length] && start >= 0 && length >= 0 && start <= count - length
            ? storage with { ViewStart = start, ViewCount = length }
            : null;
    }
}
