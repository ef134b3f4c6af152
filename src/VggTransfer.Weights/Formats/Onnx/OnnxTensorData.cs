using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// Gets at the data of a stored tensor: a view of the file where they lie there as bytes or packed singles, an array of
/// their own where each number is a field or of a type that models don't have.
/// </summary>
internal sealed class OnnxTensorData(ProtobufSource source, OnnxExternalData external)
{
    // Shapes, axes and pads are that short.
    private const int MaximumIntegers = 1_000;

    /// <summary>A tensor as a model's. Doubles become the nearest singles.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="name">What to call it: the value's name in the graph.</param>
    /// <exception cref="InvalidModelFileException">The type isn't one of weights, or the data don't fit the shape.</exception>
    public ModelTensor Weights(OnnxTensor tensor, string name)
    {
        TensorType type = tensor.Type switch
        {
            OnnxElementType.Float or OnnxElementType.Double => TensorType.Float32,
            OnnxElementType.Float16 => TensorType.Float16,
            OnnxElementType.BFloat16 => TensorType.BFloat16,
            OnnxElementType.Int8 or OnnxElementType.UInt8 => throw Fault(tensor, name, "holds 8-bit integers: a quantised model, whose weights aren't read; take the one that it was made from"),
            _ => throw Fault(tensor, name, $"holds {tensor.Type}, and weights are floating-point numbers of 16, 32 or 64 bits"),
        };
        (int[] shape, int count) = CheckShape(tensor, name);
        return tensor.Type == OnnxElementType.Double
            ? ModelTensor.FromFloat32(name, shape, DoubleNarrowing.ToSingles(Bytes(tensor, name, count, sizeof(double)).Span))
            : new ModelTensor(name, shape, type, Bytes(tensor, name, count, type.ByteSize()));
    }

    /// <summary>A short tensor of whole numbers, such as a shape.</summary>
    /// <exception cref="InvalidModelFileException">The data don't fit the shape.</exception>
    /// <returns>Null if it isn't one.</returns>
    public long[]? Integers(OnnxTensor tensor, string name)
    {
        int size = tensor.Type switch
        {
            OnnxElementType.Int64 => sizeof(long),
            OnnxElementType.Int32 => sizeof(int),
            _ => 0,
        };
        if (size == 0 || tensor.Shape.Contains(0))
        {
            return size == 0 ? null : [];
        }

        (_, int count) = CheckShape(tensor, name);
        if (count > MaximumIntegers)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = Bytes(tensor, name, count, size).Span;
        return size == sizeof(long)
            ? MemoryMarshal.Cast<byte, long>(bytes).ToArray()
            : [.. MemoryMarshal.Cast<byte, int>(bytes).ToArray()];
    }

    /// <summary>The numbers of a tensor that must have a type and a shape.</summary>
    /// <exception cref="InvalidModelFileException">It has others, or the data don't fit the shape.</exception>
    public T[] Numbers<T>(OnnxTensor tensor, string name, OnnxElementType type, IReadOnlyList<int> shape)
        where T : unmanaged
    {
        if (tensor.Type != type || !tensor.Shape.SequenceEqual(shape.Select(dimension => (long)dimension)))
        {
            throw Fault(tensor, name, $"is {tensor.Type} of shape ({string.Join(", ", tensor.Shape)}), and {type} of shape ({string.Join(", ", shape)}) is expected");
        }

        (_, int count) = CheckShape(tensor, name);
        return MemoryMarshal.Cast<byte, T>(Bytes(tensor, name, count, Marshal.SizeOf<T>()).Span).ToArray();
    }

    private (int[] Shape, int Count) CheckShape(OnnxTensor tensor, string name)
    {
        long count = 1;
        foreach (long dimension in tensor.Shape)
        {
            // Weights have at most 2^31 bytes, so that neither the product nor the size in bytes can overflow.
            if (dimension < 1 || dimension > int.MaxValue || count * dimension > int.MaxValue)
            {
                throw Fault(tensor, name, $"claims the shape ({string.Join(", ", tensor.Shape)}), and a weight has dimensions from 1 on and at most {int.MaxValue:N0} numbers; the file is damaged");
            }

            count *= dimension;
        }

        return ([.. tensor.Shape.Select(dimension => (int)dimension)], (int)count);
    }

    private ReadOnlyMemory<byte> Bytes(OnnxTensor tensor, string name, int count, int size)
    {
        long expected = (long)count * size;
        if (expected > int.MaxValue)
        {
            throw Fault(tensor, name, $"takes {expected:N0} bytes, and at most {int.MaxValue:N0} are supported");
        }

        if (tensor.External is not null)
        {
            return external.Read(tensor, name, (int)expected);
        }

        if (tensor.Raw is { } raw)
        {
            return raw.Length == expected ? raw : throw WrongLength(tensor, name, expected, raw.Length);
        }

        return tensor.Type switch
        {
            OnnxElementType.Float => Fixed(tensor, name, field: 4, (int)expected, sizeof(float)),
            OnnxElementType.Double => Fixed(tensor, name, field: 10, (int)expected, sizeof(double)),
            OnnxElementType.Int64 => Varints(tensor, name, field: 7, count, size),

            // Half precision stands as the bits of each number in the field of 32-bit integers.
            _ => Varints(tensor, name, field: 5, count, size),
        };
    }

    /// <summary>Numbers of 4 or 8 bytes, packed (in one piece as a rule) or each in a field of its own.</summary>
    private static byte[]? Fixed(ProtobufReader reader, int field, int expected, out ReadOnlyMemory<byte> single, out long found)
    {
        single = default;
        found = 0;
        byte[]? joined = null;
        while (reader.Next())
        {
            if (reader.Field != field)
            {
                reader.Skip();
                continue;
            }

            ReadOnlyMemory<byte> piece = reader.ReadFixed();
            found += piece.Length;
            if (piece.Length == expected && found == expected)
            {
                single = piece;
                continue;
            }

            if (found > expected)
            {
                continue;
            }

            joined ??= new byte[expected];
            piece.CopyTo(joined.AsMemory((int)(found - piece.Length)));
        }

        return joined;
    }

    private ReadOnlyMemory<byte> Fixed(OnnxTensor tensor, string name, int field, int expected, int size)
    {
        // A file that claims more numbers than its message can hold is refused before anything is allocated.
        if (tensor.Message.Length < expected)
        {
            throw WrongLength(tensor, name, expected, tensor.Message.Length / size * size);
        }

        byte[]? joined = Fixed(new ProtobufReader(tensor.Message, source, tensor.Position), field, expected, out ReadOnlyMemory<byte> single, out long found);
        if (found != expected)
        {
            throw WrongLength(tensor, name, expected, found);
        }

        return joined ?? single;
    }

    private byte[] Varints(OnnxTensor tensor, string name, int field, int count, int size)
    {
        if (tensor.Message.Length < count)
        {
            throw WrongLength(tensor, name, (long)count * size, (long)tensor.Message.Length * size);
        }

        byte[] bytes = new byte[count * size];
        long found = 0;
        var reader = new ProtobufReader(tensor.Message, source, tensor.Position);
        while (reader.Next())
        {
            if (reader.Field != field)
            {
                reader.Skip();
            }
            else if (reader.IsLengthDelimited)
            {
                ProtobufReader packed = reader.ReadMessage();
                while (packed.TryReadPacked(out long value))
                {
                    Store(bytes, found++, size, value);
                }
            }
            else
            {
                Store(bytes, found++, size, reader.ReadInteger());
            }
        }

        return found == count ? bytes : throw WrongLength(tensor, name, (long)count * size, found * size);
    }

    private static void Store(byte[] bytes, long index, int size, long value)
    {
        Span<byte> eight = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        if ((index + 1) * size <= bytes.Length)
        {
            eight[..size].CopyTo(bytes.AsSpan((int)(index * size)));
        }
    }

    private InvalidModelFileException WrongLength(OnnxTensor tensor, string name, long expected, long found) =>
        Fault(tensor, name, $"has {found:N0} bytes of data, and its shape ({string.Join(", ", tensor.Shape)}) of {tensor.Type} takes {expected:N0}; the file is cut off or damaged");

    private InvalidModelFileException Fault(OnnxTensor tensor, string name, string reason) =>
        source.Fault($"tensor '{MessageText.Shorten(name)}' {reason}", tensor.Position);
}
