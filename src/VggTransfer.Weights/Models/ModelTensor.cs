using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace VggTransfer.Models;

/// <summary>
/// A named tensor, row-major and little-endian. Its data may lie in memory or in a mapped file; in the second case they
/// are valid only as long as the <see cref="VggModel"/> that owns the file isn't disposed.
/// </summary>
public sealed class ModelTensor
{
    /// <summary>Wraps data without copying them.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The dimensions, outermost first; each 1 or more. None for a scalar.</param>
    /// <param name="type">How the numbers are stored.</param>
    /// <param name="data">The numbers, little-endian; exactly as many bytes as shape and type say.</param>
    /// <exception cref="ArgumentException">The length doesn't fit the shape, or a dimension is below 1.</exception>
    /// <exception cref="OverflowException">The shape holds more numbers than 64 bits count.</exception>
    public ModelTensor(string name, IReadOnlyList<int> shape, TensorType type, ReadOnlyMemory<byte> data)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(shape);
        if (shape.Any(dimension => dimension < 1))
        {
            throw new ArgumentException($"Tensor '{name}' of shape ({string.Join(", ", shape)}) has a dimension below 1.", nameof(shape));
        }

        Name = name;
        Shape = shape;
        Type = type;
        Data = data;
        ElementCount = shape.Aggregate(1L, (product, dimension) => checked(product * dimension));
        if (checked(ElementCount * type.ByteSize()) != data.Length)
        {
            throw new ArgumentException($"Tensor '{name}' of shape ({string.Join(", ", shape)}) and type {type} takes {ElementCount * type.ByteSize()} bytes, and {data.Length} were given.", nameof(data));
        }
    }

    /// <summary>The tensor's name.</summary>
    public string Name { get; }

    /// <summary>The dimensions, outermost first.</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>How the numbers are stored.</summary>
    public TensorType Type { get; }

    /// <summary>The stored bytes, little-endian.</summary>
    public ReadOnlyMemory<byte> Data { get; }

    /// <summary>How many numbers the tensor holds.</summary>
    public long ElementCount { get; }

    /// <summary>A tensor of single-precision numbers over an array, which is not copied.</summary>
    public static ModelTensor FromFloat32(string name, IReadOnlyList<int> shape, float[] values) =>
        new(name, shape, TensorType.Float32, new SingleBytes(values).Memory);

    /// <summary>A vector of one value, for biases, scales and shifts that a layer goes without.</summary>
    internal static ModelTensor Filled(string name, int length, float value)
    {
        float[] values = new float[length];
        values.AsSpan().Fill(value);
        return FromFloat32(name, [length], values);
    }

    /// <summary>Writes the numbers as singles.</summary>
    /// <param name="destination">At least <see cref="ElementCount"/> long.</param>
    public void CopyTo(Span<float> destination)
    {
        ReadOnlySpan<byte> source = Data.Span;
        switch (Type)
        {
            case TensorType.Float32:
                MemoryMarshal.Cast<byte, float>(source).CopyTo(destination);
                break;
            case TensorType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            default:
                ReadOnlySpan<ushort> upperHalves = MemoryMarshal.Cast<byte, ushort>(source);
                for (int i = 0; i < upperHalves.Length; i++)
                {
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)upperHalves[i] << 16);
                }

                break;
        }
    }

    /// <summary>Whether no number is NaN or infinite; reads them all.</summary>
    public bool IsFinite()
    {
        ReadOnlySpan<byte> source = Data.Span;
        return Type switch
        {
            // MaxMagnitude passes NaN on; of the 16-bit types, NaN and infinity alone have all bits of the exponent set.
            TensorType.Float32 => float.IsFinite(TensorPrimitives.MaxMagnitude(MemoryMarshal.Cast<byte, float>(source))),
            TensorType.Float16 => NoneHasAllBits(MemoryMarshal.Cast<byte, ushort>(source), 0x7C00),
            _ => NoneHasAllBits(MemoryMarshal.Cast<byte, ushort>(source), 0x7F80),
        };
    }

    /// <summary>The numbers as singles, in an array of their own.</summary>
    public float[] ToSingles()
    {
        float[] values = new float[ElementCount];
        CopyTo(values);
        return values;
    }

    /// <summary>The tensor in another storage type, rounded to the nearest value (ties to even); itself where the type is the same.</summary>
    public ModelTensor ConvertTo(TensorType type)
    {
        if (type == Type)
        {
            return this;
        }

        float[] values = ToSingles();
        switch (type)
        {
            case TensorType.Float32:
                return FromFloat32(Name, Shape, values);
            case TensorType.Float16:
                byte[] halves = new byte[values.Length * 2];
                TensorPrimitives.ConvertToHalf(values, MemoryMarshal.Cast<byte, Half>(halves.AsSpan()));
                return new ModelTensor(Name, Shape, type, halves);
            default:
                byte[] upperHalves = new byte[values.Length * 2];
                Span<ushort> destination = MemoryMarshal.Cast<byte, ushort>(upperHalves.AsSpan());
                for (int i = 0; i < values.Length; i++)
                {
                    destination[i] = RoundToBFloat16(values[i]);
                }

                return new ModelTensor(Name, Shape, type, upperHalves);
        }
    }

    private static bool NoneHasAllBits(ReadOnlySpan<ushort> values, ushort bits)
    {
        foreach (ushort value in values)
        {
            if ((value & bits) == bits)
            {
                return false;
            }
        }

        return true;
    }

    private static ushort RoundToBFloat16(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
        {
            // Rounding could carry a NaN over to infinity; keep it a quiet NaN.
            return (ushort)((bits >> 16) | 0x40);
        }

        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>Shows a float array as bytes without copying it.</summary>
    private sealed class SingleBytes(float[] values) : System.Buffers.MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.AsSpan());

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0)
        {
            var handle = GCHandle.Alloc(values, GCHandleType.Pinned);
            unsafe
            {
                return new System.Buffers.MemoryHandle((byte*)handle.AddrOfPinnedObject() + elementIndex, handle);
            }
        }

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
