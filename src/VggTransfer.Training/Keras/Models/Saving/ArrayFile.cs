using System.Runtime.InteropServices;
using VggTransfer.Files;
using VggTransfer.Keras.Data;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Keras.Models;

/// <summary>
/// Named arrays and strings in one safetensors file: what model files, weight files and checkpoints are made of. Written
/// whole or not at all; everything in a file is checked before it is believed.
/// </summary>
internal static class ArrayFile
{
    /// <summary>Writes or replaces a file; the same arrays in the same order give the same bytes.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="arrays">By name, each once.</param>
    /// <param name="metadata">Strings to go with them.</param>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, and the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, NDArray>> arrays, IReadOnlyDictionary<string, string> metadata)
    {
        SafetensorsContent[] contents = [.. arrays.Select(pair => Content(pair.Key, pair.Value))];
        AtomicFile.Write(path, stream => SafetensorsWriter.Write(stream, contents, metadata, CancellationToken.None));
    }

    /// <summary>An array as what the writer of such files takes.</summary>
    public static SafetensorsContent Content(string name, NDArray array) =>
        new(name, TypeOf(array), array.Shape, stream => WriteBytes(stream, array.Values));

    /// <summary>An array of a file, copied. 2-byte floating point is widened.</summary>
    /// <exception cref="InvalidModelFileException">It is of another type.</exception>
    public static NDArray ToArray(SafetensorsFile file, SafetensorsTensor tensor) => tensor.DataType switch
    {
        SafetensorsDataType.F32 => NDArray.From(Copy<float>(tensor), [.. tensor.Shape]),
        SafetensorsDataType.F64 => NDArray.From(Copy<double>(tensor), [.. tensor.Shape]),
        SafetensorsDataType.I32 => NDArray.From(Copy<int>(tensor), [.. tensor.Shape]),
        SafetensorsDataType.U8 => NDArray.From(Copy<byte>(tensor), [.. tensor.Shape]),
        SafetensorsDataType.F16 or SafetensorsDataType.BF16 when !tensor.Shape.Contains(0) => NDArray.From(tensor.ToModelTensor().ToSingles(), [.. tensor.Shape]),
        _ => throw new InvalidModelFileException(file.Path, SafetensorsFile.FormatName, $"array '{tensor.Name}' holds {tensor.DataType}, and F32, F64, F16, BF16, I32 and U8 are read", tensor.Position),
    };

    private static T[] Copy<T>(SafetensorsTensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.Data.Span).ToArray();

    private static SafetensorsDataType TypeOf(NDArray array) => array.Type switch
    {
        ElementType.UInt8 => SafetensorsDataType.U8,
        ElementType.Int32 => SafetensorsDataType.I32,
        ElementType.Float32 => SafetensorsDataType.F32,
        _ => SafetensorsDataType.F64,
    };

    private static void WriteBytes(Stream stream, Array values)
    {
        ReadOnlySpan<byte> bytes = values switch
        {
            byte[] pixels => pixels,
            int[] integers => MemoryMarshal.AsBytes(integers.AsSpan()),
            float[] singles => MemoryMarshal.AsBytes(singles.AsSpan()),
            double[] doubles => MemoryMarshal.AsBytes(doubles.AsSpan()),
            _ => throw new InvalidOperationException("The array holds values of an unknown type."),
        };
        stream.Write(bytes);
    }
}
