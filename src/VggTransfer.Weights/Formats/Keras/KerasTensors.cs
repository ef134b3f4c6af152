using System.Runtime.InteropServices;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Turns Keras's arrays into the model's. The results are arrays of their own, which don't need the file any more.</summary>
internal static class KerasTensors
{
    /// <summary>The dimensions in the model's order.</summary>
    /// <exception cref="InvalidModelFileException">A dimension is 0, or too large.</exception>
    public static IReadOnlyList<int> Shape(Hdf5Dataset dataset)
    {
        IReadOnlyList<long> stored = dataset.Space.Dimensions;
        if (dataset.Space.IsNull || stored.Any(dimension => dimension is < 1 or > int.MaxValue) || stored.Count > 4)
        {
            throw dataset.Fault($"has the shape {dataset.Space.DisplayName}, which no weight has");
        }

        return KerasKernel.TorchShape([.. stored.Select(dimension => (int)dimension)]);
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

    /// <summary>An array in torchvision's layout, under its own path, which is read and rearranged when somebody first looks at its numbers.</summary>
    /// <param name="dataset">The array.</param>
    /// <param name="mapChannels">For the first dense layer behind a flattened map in HWC order: the map's channels; else null.</param>
    /// <param name="reading">Called when it is read.</param>
    /// <exception cref="InvalidModelFileException">Its shape or its type is none of weights; or, when it is read, it isn't there as a whole.</exception>
    public static ModelTensor Defer(Hdf5Dataset dataset, int? mapChannels, Action reading)
    {
        IReadOnlyList<int> shape = Shape(dataset);
        TensorType type = Type(dataset);
        Int128 length = dataset.Space.ElementCount * type.ByteSize();
        return length > int.MaxValue
            ? throw dataset.Fault($"of shape {dataset.Space.DisplayName} is larger than any weight of a VGG")
            : new ModelTensor(dataset.Path, shape, type, new DeferredMemory((int)length, Read).Memory);

        ReadOnlyMemory<byte> Read()
        {
            reading();
            return KerasTensors.Read(dataset, shape, type, mapChannels);
        }
    }

    /// <summary>Reads an array as it is, in Keras's order, as singles.</summary>
    /// <exception cref="InvalidModelFileException">It isn't there as a whole, or its type is none of weights.</exception>
    public static (int[] Shape, float[] Values) ReadInOrder(Hdf5Dataset dataset)
    {
        int[] shape = [.. KerasKernel.KerasShape(Shape(dataset))];
        TensorType type = Type(dataset);
        ReadOnlyMemory<byte> stored = dataset.Read().ToMemory();
        return (shape, dataset.Type.Size == sizeof(double) ? DoubleNarrowing.ToSingles(stored.Span) : new ModelTensor("weight", shape, type, stored).ToSingles());
    }

    private static ReadOnlyMemory<byte> Read(Hdf5Dataset dataset, IReadOnlyList<int> shape, TensorType type, int? mapChannels)
    {
        Hdf5Data stored = dataset.Read();
        int size = dataset.Type.Size;
        var kernel = new KerasKernel(shape, type.ByteSize(), mapChannels);
        byte[] piece = new byte[kernel.RowsAtOnce * kernel.RowLength * size];
        for (long start = 0; start < stored.Length; start += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, stored.Length - start));
            stored.CopyTo((int)start, part);
            kernel.Add(size == sizeof(double) ? MemoryMarshal.AsBytes(DoubleNarrowing.ToSingles(part).AsSpan()) : part);
        }

        return kernel.Result;
    }
}
