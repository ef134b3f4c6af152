using System.Runtime.InteropServices;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>Makes a model's tensors of torch's: views of the file where the numbers lie in order, copies where they don't.</summary>
internal static class TensorExtraction
{
    /// <summary>The tensor with its numbers. Doubles become singles.</summary>
    /// <param name="container">The file.</param>
    /// <param name="source">The tensor's name in the file, for messages.</param>
    /// <param name="tensor">The tensor as the file describes it, without a <see cref="PyTorchTensor.Fault"/>.</param>
    /// <param name="name">The name in the model.</param>
    /// <param name="shape">The shape in the model; as many numbers, in the same order.</param>
    /// <exception cref="InvalidModelFileException">It isn't a float tensor, repeats its numbers, or its storage isn't there.</exception>
    public static ModelTensor Extract(PyTorchContainer container, string source, PyTorchTensor tensor, string name, IReadOnlyList<int> shape)
    {
        InvalidModelFileException Fault(string reason) =>
            new(container.File.Path, PyTorchModelReader.FormatName, $"tensor '{MessageText.Shorten(source)}' {reason}");

        if (tensor.Type is not (TorchDataType.Float32 or TorchDataType.Float64 or TorchDataType.Float16 or TorchDataType.BFloat16))
        {
            throw Fault($"holds {tensor.Type}, and weights are float32, float64, float16 or bfloat16; convert it with .float() and save it again");
        }

        int size = tensor.Type.ByteSize();
        PyTorchStorage storage = tensor.Storage;
        int storageSize = storage.Type.ByteSize();
        long count = tensor.Count;
        if ((Int128)count * size > (Int128)storage.ViewCount * storageSize)
        {
            throw Fault($"of shape {tensor.ShapeText} repeats its numbers (it was made by expand); call contiguous() on it and save it again");
        }

        Int128 length = tensor.Span * size;
        if (length > int.MaxValue)
        {
            throw Fault($"spans {length:N0} bytes, and at most {int.MaxValue:N0} are supported");
        }

        ReadOnlyMemory<byte> bytes = container.Bytes(storage, (storage.ViewStart * storageSize) + (tensor.Offset * size), (int)length);
        if (!IsRowMajor(tensor))
        {
            container.Budget.Take(count * size);
            bytes = Rearrange(tensor, bytes.Span, size);
        }

        switch (tensor.Type)
        {
            case TorchDataType.Float32:
                return new ModelTensor(name, shape, TensorType.Float32, bytes);
            case TorchDataType.Float16:
                return new ModelTensor(name, shape, TensorType.Float16, bytes);
            case TorchDataType.BFloat16:
                return new ModelTensor(name, shape, TensorType.BFloat16, bytes);
            default:
                container.Budget.Take(count * sizeof(float));
                return ModelTensor.FromFloat32(name, shape, DoubleNarrowing.ToSingles(bytes.Span));
        }
    }

    private static bool IsRowMajor(PyTorchTensor tensor)
    {
        long expected = 1;
        for (int i = tensor.Shape.Count - 1; i >= 0; i--)
        {
            if (tensor.Shape[i] != 1 && tensor.Strides[i] != expected)
            {
                return false;
            }

            expected *= tensor.Shape[i];
        }

        return true;
    }

    private static byte[] Rearrange(PyTorchTensor tensor, ReadOnlySpan<byte> source, int size)
    {
        byte[] result = new byte[(int)tensor.Count * size];
        switch (size)
        {
            case 2:
                Rearrange(tensor, MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(result.AsSpan()));
                break;
            case 4:
                Rearrange(tensor, MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(result.AsSpan()));
                break;
            default:
                Rearrange(tensor, MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(result.AsSpan()));
                break;
        }

        return result;
    }

    /// <summary>Copies row by row, a row being the last dimension; the other indices count up like an odometer.</summary>
    private static void Rearrange<T>(PyTorchTensor tensor, ReadOnlySpan<T> source, Span<T> destination)
    {
        int last = tensor.Shape.Count - 1;
        int rowLength = (int)tensor.Shape[last];
        int step = (int)tensor.Strides[last];
        long[] index = new long[last];
        int rowStart = 0;
        for (int target = 0; target < destination.Length; target += rowLength)
        {
            int position = rowStart;
            foreach (ref T value in destination.Slice(target, rowLength))
            {
                value = source[position];
                position += step;
            }

            for (int i = last - 1; i >= 0; i--)
            {
                rowStart += (int)tensor.Strides[i];
                if (++index[i] < tensor.Shape[i])
                {
                    break;
                }

                rowStart -= (int)(tensor.Strides[i] * tensor.Shape[i]);
                index[i] = 0;
            }
        }
    }
}
