namespace VggTransfer.Models;

/// <summary>A tensor's bytes in another storage type, piece by piece: fc6 of VGG16 in one piece would take 400 MB.</summary>
internal static class TensorPieces
{
    private const int ElementsAtOnce = 1 << 18;

    /// <summary>The bytes in order; the tensor's own, in one piece, where the type is the same.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="type">What to convert it to, rounded to the nearest value.</param>
    public static IEnumerable<ReadOnlyMemory<byte>> Of(ModelTensor tensor, TensorType type)
    {
        if (type == tensor.Type)
        {
            yield return tensor.Data;
            yield break;
        }

        int elementSize = tensor.Type.ByteSize();
        for (ReadOnlyMemory<byte> rest = tensor.Data; !rest.IsEmpty;)
        {
            int count = Math.Min(rest.Length / elementSize, ElementsAtOnce);
            yield return new ModelTensor(tensor.Name, [count], tensor.Type, rest[..(count * elementSize)]).ConvertTo(type).Data;
            rest = rest[(count * elementSize)..];
        }
    }

    /// <summary>The numbers in order as singles; every piece lies in the same array, and the next one overwrites it.</summary>
    /// <param name="tensor">The tensor.</param>
    public static IEnumerable<ReadOnlyMemory<float>> Singles(ModelTensor tensor)
    {
        int elementSize = tensor.Type.ByteSize();
        float[] buffer = new float[Math.Min(tensor.ElementCount, ElementsAtOnce)];
        for (ReadOnlyMemory<byte> rest = tensor.Data; !rest.IsEmpty;)
        {
            int count = Math.Min(rest.Length / elementSize, buffer.Length);
            new ModelTensor(tensor.Name, [count], tensor.Type, rest[..(count * elementSize)]).CopyTo(buffer);
            yield return buffer.AsMemory(0, count);
            rest = rest[(count * elementSize)..];
        }
    }
}
