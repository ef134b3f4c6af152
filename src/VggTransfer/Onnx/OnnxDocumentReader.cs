using System.Buffers.Binary;
using VggTransfer.Models;
using VggTransfer.Protobuf;

namespace VggTransfer.Onnx;

/// <summary>Reads the messages of onnx.proto that a VGG can need, field by field with the numbers of that file.</summary>
internal sealed class OnnxDocumentReader
{
    // The largest VGG has about a hundred nodes; unoptimised exports with shape computations a few hundred.
    private const int MaximumNodes = 20_000;
    private const int MaximumTensors = 20_000;
    private const int MaximumConnections = 200_000;
    private const int MaximumAttributeValues = 10_000;
    private const int MaximumAttributeValuesInAll = 1_000_000;
    private const int MaximumNameBytes = 4_096;
    private const int MaximumMetadataBytes = 64_000_000;
    private const int MaximumMetadataEntries = 1_000;
    private const int MaximumFunctions = 1_000;
    private const string OwnKeys = "vggtransfer.";

    private readonly ProtobufSource _source;
    private readonly List<OnnxNode> _nodes = [];
    private readonly Dictionary<string, OnnxTensor> _initializers = new(StringComparer.Ordinal);
    private readonly List<OnnxGraphInput> _inputs = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly List<string> _functions = [];
    private long? _operatorSet;
    private bool _hasGraph;
    private int _metadataEntries;
    private int _connections;
    private int _attributeValues;

    private OnnxDocumentReader(ProtobufSource source) => _source = source;

    /// <summary>Reads a ModelProto.</summary>
    /// <exception cref="InvalidModelFileException">It isn't one, or beyond all bounds.</exception>
    public static OnnxDocument Read(ReadOnlyMemory<byte> file, ProtobufSource source)
    {
        var reader = new OnnxDocumentReader(source);
        reader.ReadModel(new ProtobufReader(file, source));
        if (!reader._hasGraph)
        {
            throw source.Fault("it holds no graph, so this is no ONNX model");
        }

        return new OnnxDocument
        {
            Source = source,
            OperatorSet = reader._operatorSet ?? 1,
            Metadata = reader._metadata,
            Nodes = reader._nodes,
            Initializers = reader._initializers,
            Inputs = [.. reader._inputs.Where(input => !reader._initializers.ContainsKey(input.Name))],
            Functions = reader._functions,
        };
    }

    private void ReadModel(ProtobufReader reader)
    {
        while (reader.Next())
        {
            long at = reader.Position;
            switch (reader.Field)
            {
                case 7 when _hasGraph:
                    throw _source.Fault("it holds two graphs", at);
                case 7:
                    _hasGraph = true;
                    ReadGraph(reader.ReadMessage());
                    break;
                case 8:
                    ReadOperatorSet(reader.ReadMessage());
                    break;
                case 14:
                    ReadMetadata(reader.ReadMessage());
                    break;
                case 25:
                    ReadFunction(reader.ReadMessage());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadOperatorSet(ProtobufReader reader)
    {
        string domain = "";
        long version = 0;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    domain = reader.ReadString(MaximumNameBytes, "an operator set's domain");
                    break;
                case 2:
                    version = reader.ReadInteger();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        // Both names stand for ONNX's own operators.
        if (domain is "" or "ai.onnx")
        {
            _operatorSet = version;
        }
    }

    private void ReadMetadata(ProtobufReader reader)
    {
        long at = reader.Position;
        if (++_metadataEntries > MaximumMetadataEntries)
        {
            throw _source.Fault($"it has more than {MaximumMetadataEntries:N0} entries of metadata", at);
        }

        string key = "";
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    key = reader.ReadString(MaximumNameBytes, "a key of its metadata");
                    break;
                case 2 when key.StartsWith(OwnKeys, StringComparison.Ordinal):
                    string value = reader.ReadString(MaximumMetadataBytes, $"'{ModelMetadataJson.Shorten(key)}' of its metadata");
                    if (!_metadata.TryAdd(key, value))
                    {
                        throw _source.Fault($"its metadata has the key '{ModelMetadataJson.Shorten(key)}' twice", at);
                    }

                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private void ReadFunction(ProtobufReader reader)
    {
        long at = reader.Position;
        if (_functions.Count == MaximumFunctions)
        {
            throw _source.Fault($"it defines more than {MaximumFunctions:N0} operators of its own", at);
        }

        string name = "";
        while (reader.Next())
        {
            if (reader.Field == 1)
            {
                name = reader.ReadString(MaximumNameBytes, "a function's name");
            }
            else
            {
                reader.Skip();
            }
        }

        _functions.Add(name);
    }

    private void ReadGraph(ProtobufReader reader)
    {
        while (reader.Next())
        {
            long at = reader.Position;
            switch (reader.Field)
            {
                case 1:
                    if (_nodes.Count == MaximumNodes)
                    {
                        throw _source.Fault($"its graph has more than {MaximumNodes:N0} nodes, far beyond any VGG", at);
                    }

                    _nodes.Add(ReadNode(reader.ReadMessage()));
                    break;
                case 5:
                    ReadOnlyMemory<byte> message = reader.ReadBytes();
                    OnnxTensor tensor = OnnxTensor.Read(message, _source, reader.Position - message.Length);
                    if (_initializers.Count == MaximumTensors || !_initializers.TryAdd(tensor.Name, tensor))
                    {
                        throw _source.Fault(_initializers.Count == MaximumTensors ? $"it has more than {MaximumTensors:N0} tensors" : $"it has tensor '{ModelMetadataJson.Shorten(tensor.Name)}' twice", at);
                    }

                    break;
                case 11:
                    if (_inputs.Count == MaximumTensors)
                    {
                        throw _source.Fault($"its graph has more than {MaximumTensors:N0} inputs", at);
                    }

                    _inputs.Add(OnnxGraphInput.Read(reader.ReadMessage(), _source));
                    break;
                case 15:
                    throw _source.Fault("it holds sparse weights, which aren't read; store them dense", at);
                default:
                    reader.Skip();
                    break;
            }
        }
    }

    private OnnxNode ReadNode(ProtobufReader reader)
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
                        throw _source.Fault($"a node has the attribute '{ModelMetadataJson.Shorten(key)}' twice", at);
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
            throw _source.Fault($"its graph has more than {MaximumConnections:N0} connections and attributes, far beyond any VGG", at);
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
                    tensor = OnnxTensor.Read(message, _source, reader.Position - message.Length);
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
            throw _source.Fault($"its attributes have more than {MaximumAttributeValuesInAll:N0} numbers, far beyond any VGG", reader.Position);
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
            throw _source.Fault($"an attribute has more than {MaximumAttributeValues:N0} numbers", at);
        }
    }
}
