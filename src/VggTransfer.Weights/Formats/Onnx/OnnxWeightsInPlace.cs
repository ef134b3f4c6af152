using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// Takes the large weights out of a graph that lies in a file, and leaves in their stead where in that file they are: ONNX
/// Runtime then maps them, where it would hold a parsed copy and another one of a graph in one piece.
/// </summary>
internal static class OnnxWeightsInPlace
{
    /// <summary>
    /// Smaller ones stay. ONNX Runtime repacks what is larger while it loads, and unmaps the file then; a bias that it used
    /// in place would keep the file mapped as long as the session lives.
    /// </summary>
    public const int SmallestMappedBytes = 1 << 16;

    private const int MaximumNameBytes = 4096;

    // ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto of onnx.proto.
    private const int ModelGraph = 7;
    private const int GraphNode = 1;
    private const int GraphInitializer = 5;
    private const int NodeOutput = 2;
    private const int NodeOperator = 4;
    private const int NodeAttribute = 5;
    private const int AttributeTensor = 5;
    private const int TensorName = 8;
    private const int TensorRaw = 9;
    private const int TensorExternal = 13;
    private const int TensorLocation = 14;

    /// <summary>The graph without its large weights.</summary>
    /// <param name="model">The graph's bytes.</param>
    /// <param name="source">The file that they lie in.</param>
    /// <param name="position">Where in it they begin.</param>
    /// <exception cref="InvalidModelFileException">The bytes are no protocol buffers message, or the graph has its weights elsewhere already.</exception>
    public static byte[] Refer(ReadOnlyMemory<byte> model, ProtobufSource source, long position)
    {
        string location = Path.GetFileName(source.Path);
        using var result = new MemoryStream();
        var reader = new ProtobufReader(model, source, position);
        while (NextField(ref reader, out ReadOnlyMemory<byte> field, out ProtobufReader content))
        {
            if (reader.Field == ModelGraph)
            {
                result.Write(OnnxProto.Field(ModelGraph, Graph(content, location)));
            }
            else
            {
                result.Write(field.Span);
            }
        }

        return result.ToArray();
    }

    private static byte[] Graph(ProtobufReader reader, string location)
    {
        using var result = new MemoryStream();
        while (NextField(ref reader, out ReadOnlyMemory<byte> field, out ProtobufReader content))
        {
            byte[]? initializer = reader.Field switch
            {
                GraphInitializer => Reference(content, location, name: null),
                GraphNode => Constant(content, location),
                _ => null,
            };
            if (initializer is null)
            {
                result.Write(field.Span);
            }
            else
            {
                result.Write(OnnxProto.Field(GraphInitializer, initializer));
            }
        }

        return result.ToArray();
    }

    /// <summary>A node that is a large constant as the initializer that ONNX Runtime would make of it; null for any other node.</summary>
    private static byte[]? Constant(ProtobufReader reader, string location)
    {
        string output = "";
        string operation = "";
        byte[]? initializer = null;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case NodeOutput:
                    output = reader.ReadString(MaximumNameBytes, "an output's name");
                    break;
                case NodeOperator:
                    operation = reader.ReadString(MaximumNameBytes, "an operator's name");
                    break;
                case NodeAttribute:
                    ProtobufReader attribute = reader.ReadMessage();
                    while (NextField(ref attribute, out _, out ProtobufReader content))
                    {
                        initializer = attribute.Field == AttributeTensor && output.Length > 0 ? Reference(content, location, output) : initializer;
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return operation == "Constant" ? initializer : null;
    }

    /// <summary>The tensor with its data's place instead of its data; null if they are few.</summary>
    /// <param name="reader">The tensor.</param>
    /// <param name="location">The file's name.</param>
    /// <param name="name">The name to give it; null for its own.</param>
    private static byte[]? Reference(ProtobufReader reader, string location, string? name)
    {
        using var result = new MemoryStream();
        (long Offset, long Length)? place = null;
        while (NextField(ref reader, out ReadOnlyMemory<byte> field, out ProtobufReader content))
        {
            switch (reader.Field)
            {
                case TensorRaw:
                    place = (content.Position, content.Rest.Length);
                    break;
                case TensorExternal or TensorLocation:
                    throw reader.Fault("its graph has weights in a file of their own, which nothing here writes; train or copy it again");
                case TensorName when name is not null:
                    break;
                default:
                    result.Write(field.Span);
                    break;
            }
        }

        if (place is not { Length: >= SmallestMappedBytes })
        {
            return null;
        }

        if (name is not null)
        {
            result.Write(OnnxProto.Field(TensorName, name));
        }

        result.Write(OnnxProto.ExternalData(location, place.Value.Offset, place.Value.Length));
        return result.ToArray();
    }

    /// <summary>Takes the next field whole.</summary>
    /// <param name="reader">The message.</param>
    /// <param name="field">The field with its number, as it lies in the file.</param>
    /// <param name="content">What is in it, where it has a length.</param>
    private static bool NextField(ref ProtobufReader reader, out ReadOnlyMemory<byte> field, out ProtobufReader content)
    {
        content = default;
        ReadOnlyMemory<byte> rest = reader.Rest;
        if (!reader.Next())
        {
            field = default;
            return false;
        }

        if (reader.IsLengthDelimited)
        {
            content = reader.ReadMessage();
        }
        else
        {
            reader.Skip();
        }

        field = rest[..^reader.Rest.Length];
        return true;
    }
}
