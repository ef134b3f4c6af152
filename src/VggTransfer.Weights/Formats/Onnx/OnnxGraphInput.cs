using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>A graph's input as it is declared.</summary>
/// <param name="Name">The value's name.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">The dimensions, null where they are free; null where nothing is said about them.</param>
internal sealed record OnnxGraphInput(string Name, OnnxElementType Type, IReadOnlyList<long?>? Shape)
{
    private const int MaximumNameBytes = 4_096;
    private const int MaximumDimensions = 16;

    /// <summary>Reads a ValueInfoProto: name (1), type (2) with a tensor's type (1) of element type (1) and shape (2).</summary>
    public static OnnxGraphInput Read(ProtobufReader reader, ProtobufSource source)
    {
        string name = "";
        long type = 0;
        List<long?>? shape = null;
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                name = reader.ReadString(MaximumNameBytes, "an input's name");
            }
            else if (reader.Field == 2)
            {
                ProtobufReader typeReader = reader.ReadMessage();
                while (typeReader.Next())
                {
                    if (typeReader.Field == 1)
                    {
                        (type, shape) = ReadTensorType(typeReader.ReadMessage(), source);
                    }
                    else
                    {
                        typeReader.Skip();
                    }
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return new OnnxGraphInput(name, (OnnxElementType)type, shape);
    }

    private static (long Type, List<long?>? Shape) ReadTensorType(ProtobufReader reader, ProtobufSource source)
    {
        long type = 0;
        List<long?>? shape = null;
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                type = reader.ReadInteger();
            }
            else if (reader.Field == 2)
            {
                shape = [];
                ProtobufReader shapeReader = reader.ReadMessage();
                while (shapeReader.Next())
                {
                    long at = shapeReader.Position;
                    if (shapeReader.Field == 1 && shape.Count < MaximumDimensions)
                    {
                        shape.Add(ReadDimension(shapeReader.ReadMessage()));
                    }
                    else if (shapeReader.Field == 1)
                    {
                        throw source.Fault($"an input has more than {MaximumDimensions} dimensions", at);
                    }
                    else
                    {
                        shapeReader.Skip();
                    }
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return (type, shape);
    }

    private static long? ReadDimension(ProtobufReader reader)
    {
        long? value = null;
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                value = reader.ReadInteger();
            }
            else
            {
                reader.Skip();
            }
        }

        // Zero and -1 stand for "free" in files of older tools.
        return value > 0 ? value : null;
    }
}
