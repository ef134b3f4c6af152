using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>A tensor as the file has it: its description read, its data not yet.</summary>
internal sealed class OnnxTensor
{
    // Far more than any weight has, few enough for a message.
    private const int MaximumDimensions = 16;

    private const int MaximumNameBytes = 4096;
    private const int MaximumExternalEntries = 16;

    private OnnxTensor(string name, OnnxElementType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> message, ReadOnlyMemory<byte>? raw, IReadOnlyDictionary<string, string>? external, long position)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Message = message;
        Raw = raw;
        External = external;
        Position = position;
    }

    /// <summary>The tensor's name; may be empty in a Constant node.</summary>
    public string Name { get; }

    /// <summary>The type of its elements.</summary>
    public OnnxElementType Type { get; }

    /// <summary>The dimensions as the file claims them, outermost first; unchecked.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The whole message, for the fields with one number each.</summary>
    public ReadOnlyMemory<byte> Message { get; }

    /// <summary>The data as bytes in the file; null where they lie in other fields, or elsewhere.</summary>
    public ReadOnlyMemory<byte>? Raw { get; }

    /// <summary>Where the data lie outside the file; null where they don't.</summary>
    public IReadOnlyDictionary<string, string>? External { get; }

    /// <summary>Where the message begins in the file.</summary>
    public long Position { get; }

    /// <summary>Reads a TensorProto, numbers of its fields after onnx.proto.</summary>
    public static OnnxTensor Read(ReadOnlyMemory<byte> message, ProtobufSource source, long position)
    {
        var reader = new ProtobufReader(message, source, position);
        var shape = new List<long>();
        var external = new Dictionary<string, string>(StringComparer.Ordinal);
        string name = "";
        long type = 0;
        bool isExternal = false;
        ReadOnlyMemory<byte>? raw = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    reader.ReadIntegers(shape, MaximumDimensions, "a tensor's dimensions");
                    break;
                case 2:
                    type = reader.ReadInteger();
                    break;
                case 8:
                    name = reader.ReadString(MaximumNameBytes, "a tensor's name");
                    break;
                case 9:
                    raw = reader.ReadBytes();
                    break;
                case 13:
                    (string key, string value) = ReadEntry(reader.ReadMessage());
                    external[key] = value;
                    if (external.Count > MaximumExternalEntries)
                    {
                        throw source.Fault("a tensor has too many entries about external data", position);
                    }

                    break;
                case 14:
                    isExternal = reader.ReadInteger() == 1;
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new OnnxTensor(name, (OnnxElementType)type, shape, message, raw, isExternal ? external : null, position);
    }

    private static (string Key, string Value) ReadEntry(ProtobufReader reader)
    {
        string key = "";
        string value = "";
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    key = reader.ReadString(MaximumNameBytes, "a key about external data");
                    break;
                case 2:
                    value = reader.ReadString(MaximumNameBytes, "a value about external data");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (key, value);
    }
}
