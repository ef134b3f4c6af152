using System.Buffers.Binary;
using System.Runtime.InteropServices;
using VggTransfer.Hdf5;
using VggTransfer.Models;

namespace VggTransfer.KerasFiles;

/// <summary>
/// Turns Keras's arrays into the model's: kernels HWIO to OIHW, dense in x out to out x in, and the inputs of the first
/// dense layer from HWC to CHW order. The results are arrays of their own, which don't need the file any more.
/// </summary>
internal static class KerasTensors
{
    // Rows and columns moved at once: both sides of a tile stay in the cache.
    private const int Tile = 64;

    /// <summary>The dimensions in the model's order.</summary>
    /// <exception cref="InvalidModelFileException">A dimension is 0, or too large.</exception>
    public static IReadOnlyList<int> Shape(Hdf5Dataset dataset)
    {
        IReadOnlyList<long> stored = dataset.Space.Dimensions;
        if (dataset.Space.IsNull || stored.Any(dimension => dimension is < 1 or > int.MaxValue) || stored.Count > 4)
        {
            throw dataset.Fault($"has the shape {dataset.Space.DisplayName}, which no weight has");
        }

        return stored.Count switch
        {
            4 => [(int)stored[3], (int)stored[2], (int)stored[0], (int)stored[1]],
            2 => [(int)stored[1], (int)stored[0]],
            _ => [.. stored.Select(dimension => (int)dimension)],
        };
    }

    /// <summary>How the numbers are kept in the model; 8-byte numbers are narrowed.</summary>
    /// <param name="dataset">The array.</param>
    /// <exception cref="InvalidModelFileException">Its type is none of weights.</exception>
    public static TensorType Type(Hdf5Dataset dataset)
    {
        Hdf5Datatype type = dataset.Type;
        return (type.Class, type.Size, type.ExponentBits, type.BigEndian) switch
        {
            (Hdf5Class.FloatingPoint, 4, 8, false) => TensorType.Float32,
            (Hdf5Class.FloatingPoint, 8, 11, false) => TensorType.Float32,
            (Hdf5Class.FloatingPoint, 2, 5, false) => TensorType.Float16,
            (Hdf5Class.FloatingPoint, 2, 8, false) => TensorType.BFloat16,

            // NumPy knows no bfloat16; what Keras stores is two bytes that HDF5 doesn't understand, and a note beside them.
            (Hdf5Class.Opaque, 2, _, _) when dataset.Strings("dtype") is null or ["bfloat16"] => TensorType.BFloat16,
            _ => throw dataset.Fault($"holds {type.DisplayName}, and weights are float32, float16, bfloat16 or float64"),
        };
    }

    /// <summary>Reads and rearranges an array.</summary>
    /// <param name="dataset">The array.</param>
    /// <param name="name">The tensor's name in the model.</param>
    /// <param name="mapChannels">For the first dense layer behind a flattened map in HWC order: the map's channels; else null.</param>
    /// <exception cref="InvalidModelFileException">It isn't there as a whole, or holds NaN or infinity.</exception>
    public static ModelTensor Read(Hdf5Dataset dataset, string name, int? mapChannels = null)
    {
        IReadOnlyList<int> shape = Shape(dataset);
        TensorType type = Type(dataset);
        ReadOnlyMemory<byte> stored = dataset.Read();
        if (dataset.Type.Size == 8)
        {
            stored = Narrow(stored.Span);
        }

        byte[] data = GC.AllocateUninitializedArray<byte>(stored.Length);
        if (type == TensorType.Float32)
        {
            Rearrange(MemoryMarshal.Cast<byte, uint>(stored.Span), MemoryMarshal.Cast<byte, uint>(data.AsSpan()), shape, mapChannels);
        }
        else
        {
            Rearrange(MemoryMarshal.Cast<byte, ushort>(stored.Span), MemoryMarshal.Cast<byte, ushort>(data.AsSpan()), shape, mapChannels);
        }

        var tensor = new ModelTensor(name, shape, type, data);
        return tensor.IsFinite()
            ? tensor
            : throw dataset.Fault("holds NaN or infinity, so the weights are damaged or their training diverged");
    }

    /// <summary>A vector of one value, for biases, scales and shifts that a layer goes without.</summary>
    public static ModelTensor Constant(string name, int length, float value)
    {
        float[] values = new float[length];
        Array.Fill(values, value);
        return ModelTensor.FromFloat32(name, [length], values);
    }

    /// <summary>
    /// Brings Keras's order of a kernel's numbers into the model's, or the other way round.
    /// </summary>
    /// <param name="source">The numbers.</param>
    /// <param name="destination">As many.</param>
    /// <param name="shape">The model's shape.</param>
    /// <param name="mapChannels">As for <see cref="Read"/>.</param>
    private static void Rearrange<T>(ReadOnlySpan<T> source, Span<T> destination, IReadOnlyList<int> shape, int? mapChannels)
        where T : unmanaged
    {
        if (shape.Count == 4)
        {
            // (h w, i, o) to (o, i, h w).
            int area = shape[2] * shape[3];
            int inputs = shape[1];
            int outputs = shape[0];
            for (int place = 0; place < area; place++)
            {
                for (int input = 0; input < inputs; input++)
                {
                    ReadOnlySpan<T> row = source.Slice(((place * inputs) + input) * outputs, outputs);
                    for (int output = 0; output < outputs; output++)
                    {
                        destination[(((output * inputs) + input) * area) + place] = row[output];
                    }
                }
            }
        }
        else if (shape.Count == 2)
        {
            Transpose(source, destination, shape[1], shape[0], mapChannels ?? 1);
        }
        else
        {
            source.CopyTo(destination);
        }
    }

    private static void Transpose<T>(ReadOnlySpan<T> source, Span<T> destination, int inputs, int outputs, int channels)
        where T : unmanaged
    {
        int area = inputs / channels;
        for (int firstOutput = 0; firstOutput < outputs; firstOutput += Tile)
        {
            int lastOutput = Math.Min(firstOutput + Tile, outputs);
            for (int input = 0; input < inputs; input++)
            {
                // HWC to CHW; with one channel, input stays where it is.
                int place = (input % channels * area) + (input / channels);
                ReadOnlySpan<T> row = source.Slice((int)((long)input * outputs), outputs);
                for (int output = firstOutput; output < lastOutput; output++)
                {
                    destination[(int)(((long)output * inputs) + place)] = row[output];
                }
            }
        }
    }

    private static byte[] Narrow(ReadOnlySpan<byte> doubles)
    {
        byte[] singles = new byte[doubles.Length / 2];
        for (int i = 0; i < doubles.Length / 8; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(singles.AsSpan(4 * i), (float)BinaryPrimitives.ReadDoubleLittleEndian(doubles[(8 * i)..]));
        }

        return singles;
    }
}
