using System.Buffers.Binary;
using System.Runtime.CompilerServices;
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

    // Some MB; writing in one piece would double fc6's 400 MB.
    private const int ElementsAtOnce = 1 << 20;

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
        Hdf5Data stored = dataset.Read();
        int size = dataset.Type.Size;
        int rows = KerasShape(shape) is [int first, ..] ? first : 1;
        int rowLength = stored.Length / size / rows;
        int most = Math.Clamp(ElementsAtOnce / rowLength, 1, rows);
        byte[] piece = new byte[most * rowLength * size];
        byte[] data = GC.AllocateUninitializedArray<byte>(stored.Length / size * type.ByteSize());
        for (int start = 0; start < rows; start += most)
        {
            Span<byte> part = piece.AsSpan(0, Math.Min(most, rows - start) * rowLength * size);
            stored.CopyTo(start * rowLength * size, part);
            if (size == 8)
            {
                part = Narrow(part);
            }

            if (type == TensorType.Float32)
            {
                Scatter<uint>(MemoryMarshal.Cast<byte, uint>(part), MemoryMarshal.Cast<byte, uint>(data.AsSpan()), shape, start, mapChannels ?? 1);
            }
            else
            {
                Scatter<ushort>(MemoryMarshal.Cast<byte, ushort>(part), MemoryMarshal.Cast<byte, ushort>(data.AsSpan()), shape, start, mapChannels ?? 1);
            }
        }

        var tensor = new ModelTensor(name, shape, type, data);
        return tensor.IsFinite()
            ? tensor
            : throw dataset.Fault("holds NaN or infinity, so the weights are damaged or their training diverged");
    }

    /// <summary>The dimensions in Keras's order.</summary>
    /// <param name="shape">The model's.</param>
    public static IReadOnlyList<int> KerasShape(IReadOnlyList<int> shape) => shape.Count switch
    {
        4 => [shape[2], shape[3], shape[1], shape[0]],
        2 => [shape[1], shape[0]],
        _ => shape,
    };

    /// <summary>
    /// A tensor in Keras's order, in pieces along the first dimension; the memory of a piece is used for the next.
    /// </summary>
    /// <typeparam name="T"><see cref="float"/> or <see cref="Half"/>, what the numbers are rounded to.</typeparam>
    /// <param name="tensor">The tensor.</param>
    /// <param name="mapChannels">As for <see cref="Read"/>.</param>
    public static IEnumerable<(int Start, int Rows, Memory<T> Values)> Pieces<T>(ModelTensor tensor, int? mapChannels)
        where T : unmanaged
    {
        IReadOnlyList<int> shape = KerasShape(tensor.Shape);
        int rowLength = (int)(tensor.ElementCount / shape[0]);
        int most = Math.Clamp(ElementsAtOnce / rowLength, 1, shape[0]);
        T[] values = new T[most * rowLength];
        for (int start = 0; start < shape[0]; start += most)
        {
            int rows = Math.Min(most, shape[0] - start);
            Gather(tensor, values, start, rows, rowLength, mapChannels ?? 1);
            yield return (start, rows, values.AsMemory(0, rows * rowLength));
        }
    }

    /// <summary>A vector of one value, for biases, scales and shifts that a layer goes without.</summary>
    public static ModelTensor Constant(string name, int length, float value)
    {
        float[] values = new float[length];
        Array.Fill(values, value);
        return ModelTensor.FromFloat32(name, [length], values);
    }

    /// <summary>Puts some rows of Keras's order where the model keeps them.</summary>
    /// <param name="source">Whole rows: all numbers at some places of Keras's first dimension.</param>
    /// <param name="destination">The model's tensor.</param>
    /// <param name="shape">The model's shape.</param>
    /// <param name="start">The first row.</param>
    /// <param name="channels">The map's channels for rows in HWC order; else 1.</param>
    private static void Scatter<T>(ReadOnlySpan<T> source, Span<T> destination, IReadOnlyList<int> shape, int start, int channels)
        where T : unmanaged
    {
        switch (shape.Count)
        {
            case 4:
                ScatterKernel(source, destination, shape[0], shape[1], shape[2] * shape[3], start * shape[3]);
                break;
            case 2:
                ScatterDense(source, destination, shape[1], shape[0], start, channels);
                break;
            default:
                source.CopyTo(destination[start..]);
                break;
        }
    }

    /// <summary>(place, input, output) to (output, input, place).</summary>
    private static void ScatterKernel<T>(ReadOnlySpan<T> source, Span<T> destination, int outputs, int inputs, int area, int firstPlace)
        where T : unmanaged
    {
        for (int i = 0; i < source.Length / outputs; i++)
        {
            (int place, int input) = (firstPlace + (i / inputs), i % inputs);
            ReadOnlySpan<T> row = source.Slice(i * outputs, outputs);
            for (int output = 0; output < outputs; output++)
            {
                destination[(((output * inputs) + input) * area) + place] = row[output];
            }
        }
    }

    private static void ScatterDense<T>(ReadOnlySpan<T> source, Span<T> destination, int inputs, int outputs, int start, int channels)
        where T : unmanaged
    {
        int area = inputs / channels;
        for (int firstOutput = 0; firstOutput < outputs; firstOutput += Tile)
        {
            int lastOutput = Math.Min(firstOutput + Tile, outputs);
            for (int i = 0; i < source.Length / outputs; i++)
            {
                // HWC to CHW; with one channel, an input stays where it is.
                int input = start + i;
                int place = (input % channels * area) + (input / channels);
                ReadOnlySpan<T> row = source.Slice(i * outputs, outputs);
                for (int output = firstOutput; output < lastOutput; output++)
                {
                    destination[(int)(((long)output * inputs) + place)] = row[output];
                }
            }
        }
    }

    /// <summary>Fills rows of Keras's order from the model's numbers.</summary>
    private static void Gather<T>(ModelTensor tensor, Span<T> destination, int start, int rows, int rowLength, int channels)
        where T : unmanaged
    {
        switch (tensor.Type)
        {
            case TensorType.Float32:
                Gather(MemoryMarshal.Cast<byte, float>(tensor.Data.Span), tensor.Shape, destination, start, rows, rowLength, channels);
                break;
            case TensorType.Float16:
                Gather(MemoryMarshal.Cast<byte, Half>(tensor.Data.Span), tensor.Shape, destination, start, rows, rowLength, channels);
                break;
            default:
                Gather(MemoryMarshal.Cast<byte, ushort>(tensor.Data.Span), tensor.Shape, destination, start, rows, rowLength, channels);
                break;
        }
    }

    private static void Gather<TSource, T>(ReadOnlySpan<TSource> source, IReadOnlyList<int> shape, Span<T> destination, int start, int rows, int rowLength, int channels)
        where TSource : unmanaged
        where T : unmanaged
    {
        int outputs = shape[0];
        for (int row = 0; row < rows; row++)
        {
            Span<T> target = destination.Slice(row * rowLength, rowLength);
            switch (shape.Count)
            {
                case 4:
                    for (int i = 0; i < rowLength; i++)
                    {
                        int input = i / outputs % shape[1];
                        int column = i / outputs / shape[1];
                        int place = (((((i % outputs) * shape[1]) + input) * shape[2]) + start + row) * shape[3] + column;
                        target[i] = Round<TSource, T>(source[place]);
                    }

                    break;
                case 2:
                    // CHW to HWC; with one channel, a row stays where it is.
                    int from = ((start + row) % channels * (shape[1] / channels)) + ((start + row) / channels);
                    for (int output = 0; output < outputs; output++)
                    {
                        target[output] = Round<TSource, T>(source[(int)(((long)output * shape[1]) + from)]);
                    }

                    break;
                default:
                    target[0] = Round<TSource, T>(source[start + row]);
                    break;
            }
        }
    }

    /// <summary>A number of the model (bfloat16 as its bits) in another type. The tests of types cost nothing once compiled.</summary>
    private static T Round<TSource, T>(TSource value)
        where TSource : unmanaged
        where T : unmanaged
    {
        float wide = typeof(TSource) == typeof(float) ? Unsafe.BitCast<TSource, float>(value)
            : typeof(TSource) == typeof(Half) ? (float)Unsafe.BitCast<TSource, Half>(value)
            : BitConverter.UInt32BitsToSingle((uint)Unsafe.BitCast<TSource, ushort>(value) << 16);
        return typeof(T) == typeof(float) ? Unsafe.BitCast<float, T>(wide) : Unsafe.BitCast<Half, T>((Half)wide);
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
