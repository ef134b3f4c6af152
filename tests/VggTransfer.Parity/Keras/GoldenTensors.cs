using System.Runtime.InteropServices;
using VggTransfer.Keras.Data;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Parity.Keras;

/// <summary>Tensors of the goldens as arrays.</summary>
internal static class GoldenTensors
{
    /// <summary>A tensor of a file as doubles; null if it isn't there.</summary>
    public static double[]? Doubles(this SafetensorsFile file, string name) => file.Find(name) is { } tensor ? ToArray(tensor).ToDoubles() : null;

    /// <summary>A tensor of a file.</summary>
    /// <exception cref="InvalidDataException">It isn't there.</exception>
    public static NDArray Required(this SafetensorsFile file, string name) =>
        ToArray(file.Find(name) ?? throw new InvalidDataException($"'{file.Path}' has no tensor '{name}'."));

    private static NDArray ToArray(SafetensorsTensor tensor)
    {
        int[] shape = [.. tensor.Shape];
        ReadOnlySpan<byte> data = tensor.Data.Span;
        return tensor.DataType switch
        {
            SafetensorsDataType.F64 => NDArray.From(MemoryMarshal.Cast<byte, double>(data).ToArray(), shape),
            SafetensorsDataType.F32 => NDArray.From(MemoryMarshal.Cast<byte, float>(data).ToArray(), shape),
            SafetensorsDataType.U8 => NDArray.From(data.ToArray(), shape),
            SafetensorsDataType.I64 => NDArray.From(Array.ConvertAll(MemoryMarshal.Cast<byte, long>(data).ToArray(), value => checked((int)value)), shape),
            _ => throw new InvalidDataException($"A tensor of the type {tensor.DataType} isn't expected in the goldens."),
        };
    }
}
