using System.Runtime.InteropServices;
using VggTransfer.Keras.Data;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Between arrays and tensors.</summary>
internal static class TorchArrays
{
    /// <summary>
    /// An array on a device. Bytes travel as bytes. On the CPU the tensor lies in the array's own memory, so it must not be
    /// changed.
    /// </summary>
    public static Tensor ToDevice(NDArray array, TorchDevice device)
    {
        Tensor tensor = frombuffer(array.Values, TypeOf(array.Type)).reshape(ShapeOf(array.Shape));
        if (device.IsCpu)
        {
            return tensor;
        }

        // Apple's MPS has no 8-byte numbers, and elsewhere they'd be half of the way for nothing.
        tensor = tensor.dtype == ScalarType.Float64 ? tensor.to(device.WeightType) : tensor;
        return device.IsCuda ? tensor.pin_memory().to(device.Device, non_blocking: true) : tensor.to(device.Device);
    }

    /// <summary>A tensor's numbers, row-major, as 4-byte numbers or, if it holds such, 8-byte ones.</summary>
    public static NDArray ToArray(Tensor tensor)
    {
        int[] shape = [.. tensor.shape.Select(dimension => checked((int)dimension))];
        using Tensor row = tensor.detach().to(tensor.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32).cpu().contiguous();
        return row.dtype == ScalarType.Float64
            ? NDArray.From(MemoryMarshal.Cast<byte, double>(row.bytes).ToArray(), shape)
            : NDArray.From(MemoryMarshal.Cast<byte, float>(row.bytes).ToArray(), shape);
    }

    public static long[] ShapeOf(IReadOnlyList<int> shape) => [.. shape.Select(dimension => (long)dimension)];

    private static ScalarType TypeOf(ElementType type) => type switch
    {
        ElementType.UInt8 => ScalarType.Byte,
        ElementType.Int32 => ScalarType.Int32,
        ElementType.Float32 => ScalarType.Float32,
        ElementType.Float64 => ScalarType.Float64,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };
}
