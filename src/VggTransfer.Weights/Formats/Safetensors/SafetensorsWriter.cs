using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>Writes tensors as a safetensors file; the same input gives the same bytes.</summary>
internal static class SafetensorsWriter
{
    // The format's own writer pads the header with blanks, so that the first tensor is aligned.
    private const int Alignment = 8;

    /// <summary>Writes the header, then one tensor after the other, converted piece by piece.</summary>
    /// <param name="stream">Where to write.</param>
    /// <param name="tensors">The tensors in the order of their bytes, their names unique.</param>
    /// <param name="type">What to store them as; null for each as it is.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; written in ordinal order of their keys.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    public static void Write(Stream stream, IReadOnlyList<ModelTensor> tensors, TensorType? type, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken) =>
        Write(stream, [.. tensors.Select(tensor => ContentOf(tensor, type ?? tensor.Type))], metadata, cancellationToken);

    /// <summary>Writes the header, then one tensor after the other, of any type.</summary>
    /// <param name="stream">Where to write.</param>
    /// <param name="tensors">The tensors in the order of their bytes, their names unique.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; written in ordinal order of their keys.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    public static void Write(Stream stream, IReadOnlyList<SafetensorsContent> tensors, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        ReadOnlySpan<byte> header = Header(tensors, metadata).WrittenSpan;
        int padding = (Alignment - (header.Length % Alignment)) % Alignment;
        Span<byte> length = stackalloc byte[SafetensorsHeader.Start];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length + padding);
        stream.Write(length);
        stream.Write(header);
        stream.Write("        "u8[..padding]);
        foreach (SafetensorsContent tensor in tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tensor.WriteTo(stream);
        }
    }

    private static SafetensorsContent ContentOf(ModelTensor tensor, TensorType stored) =>
        new(tensor.Name, DataType(stored), tensor.Shape, stream =>
        {
            foreach (ReadOnlyMemory<byte> piece in TensorPieces.Of(tensor, stored))
            {
                stream.Write(piece.Span);
            }
        });

    private static ArrayBufferWriter<byte> Header(IReadOnlyList<SafetensorsContent> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();

        // Nothing here ends up in HTML, and labels should stay readable in any language.
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        if (metadata.Count > 0)
        {
            json.WriteStartObject("__metadata__");
            foreach ((string key, string value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        long position = 0;
        foreach (SafetensorsContent tensor in tensors)
        {
            long end = position + tensor.ByteCount;
            json.WriteStartObject(tensor.Name);
            json.WriteString("dtype", tensor.DataType.FormatName());
            json.WriteStartArray("shape");
            foreach (int dimension in tensor.Shape)
            {
                json.WriteNumberValue(dimension);
            }

            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(position);
            json.WriteNumberValue(end);
            json.WriteEndArray();
            json.WriteEndObject();
            position = end;
        }

        json.WriteEndObject();
        json.Flush();
        return buffer;
    }

    private static SafetensorsDataType DataType(TensorType type) => type switch
    {
        TensorType.Float32 => SafetensorsDataType.F32,
        TensorType.Float16 => SafetensorsDataType.F16,
        _ => SafetensorsDataType.BF16,
    };
}
