using System.Buffers.Binary;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Reads the nodes of one file, and counts what they take together.</summary>
internal sealed class OnnxNodeReader(ProtobufSource source)
{
    private const int MaximumConnections = 200_000;
    private const int MaximumAttributeValues = 10_000;
    private const int MaximumAttributeValuesInAll = 1_000_000;
    private const int MaximumNameBytes = 4_096;

    private int _connections;
    private int _attributeValues;

    /// <summary>Reads a NodeProto.</summary>
    /// <exception cref="InvalidModelFileException">It isn't one, or the file's nodes together are beyond all bounds.</exception>
    public OnnxNode Read(ProtobufReader reader)
    {
        var inputs = new List<string>();
        var outputs = new List<string>();
        var attributes = new Dictionary<string, OnnxAttribute>(StringComparer.Ordinal);
        (string type, string domain, string name) = ("", "", "");
        while (reader.Next())
        {
            long at = reader.Position;
            switch (reader.Field)
            {
                case 1 or 2:
                    CountConnection(at);
                    (reader.Field == 1 ? inputs : outputs).Add(reader.ReadString(MaximumNameBytes, "a value's name"));
                    break;
                case 3:
                    name = reader.ReadString(MaximumNameBytes, "a node's name");
                    break;
                case 4:
                    type = reader.ReadString(MaximumNameBytes, "an operator's name");
                    break;
                case 5:
                    CountConnection(at);
                    (string key, OnnxAttribute attribute) = ReadAttribute(reader.ReadMessage());
                    if (!attributes.TryAdd(key, attribute))
                    {
                        throw source.Fault($"a node has the attribute '{MessageText.Shorten(key)}' twice", at);
                    }

                    break;
                case 7:
                    domain = reader.ReadString(MaximumNameBytes, "an operator's domain");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new OnnxNode { Operator = type, Domain = domain == "ai.onnx" ? "" : domain, Name = name, Inputs = inputs, Outputs = outputs, Attributes = attributes };
    }

    private void CountConnection(long at)
    {
        if (++_connections > MaximumConnections)
        {
            throw source.Fault($"its graph has more than {MaximumConnections:N0} connections and attributes, far beyond any VGG", at);
        }
    }

    private (string Name, OnnxAttribute Attribute) ReadAttribute(ProtobufReader reader)
    {
        string name = "";
        float single = 0;
        long integer = 0;
        ReadOnlyMemory<byte> text = default;
        OnnxTensor? tensor = null;
        var singles = new List<float>();
        var integers = new List<long>();
        while (reader.Next())
        {
            long at = reader.Position;
            switch (reader.Field)
            {
                case 1:
                    name = reader.ReadString(MaximumNameBytes, "an attribute's name");
                    break;
                case 2:
                    single = reader.ReadSingle();
                    break;
                case 3:
                    integer = reader.ReadInteger();
                    break;
                case 4:
                    text = reader.ReadBytes();
                    break;
                case 5:
                    ReadOnlyMemory<byte> message = reader.ReadBytes();
                    tensor = OnnxTensor.Read(message, source, reader.Position - message.Length);
                    break;
                case 7:
                    ReadSingles(ref reader, singles, at);
                    break;
                case 8:
                    reader.ReadIntegers(integers, MaximumAttributeValues, "an attribute");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        _attributeValues += singles.Count + integers.Count;
        if (_attributeValues > MaximumAttributeValuesInAll)
        {
            throw source.Fault($"its attributes have more than {MaximumAttributeValuesInAll:N0} numbers, far beyond any VGG", reader.Position);
        }

        return (name, new OnnxAttribute { Single = single, Integer = integer, Text = text, Tensor = tensor, Singles = singles, Integers = integers });
    }

    private void ReadSingles(ref ProtobufReader reader, List<float> values, long at)
    {
        if (reader.IsLengthDelimited)
        {
            ReadOnlySpan<byte> packed = reader.ReadBytes().Span;
            for (; packed.Length >= sizeof(float) && values.Count <= MaximumAttributeValues; packed = packed[sizeof(float)..])
            {
                values.Add(BinaryPrimitives.ReadSingleLittleEndian(packed));
            }
        }
        else
        {
            values.Add(reader.ReadSingle());
        }

        if (values.Count > MaximumAttributeValues)
        {
            throw source.Fault($"an attribute has more than {MaximumAttributeValues:N0} numbers", at);
        }
    }
}
