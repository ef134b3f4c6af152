using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Reads the messages of onnx.proto that a VGG can need, field by field with the numbers of that file.</summary>
internal sealed class OnnxDocumentReader
{
    // The largest VGG has about a hundred nodes; unoptimised exports with shape computations a few hundred.
    private const int MaximumNodes = 20_000;
    private const int MaximumTensors = 20_000;
    private const int MaximumNameBytes = 4_096;
    private const int MaximumMetadataBytes = 64_000_000;
    private const int MaximumMetadataEntries = 1_000;
    private const int MaximumFunctions = 1_000;
    private const string OwnKeys = "vggtransfer";

    private readonly ProtobufSource _source;
    private readonly List<OnnxNode> _nodes = [];
    private readonly Dictionary<string, OnnxTensor> _initializers = new(StringComparer.Ordinal);
    private readonly List<OnnxGraphInput> _inputs = [];
    private readonly List<string> _outputs = [];
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly List<string> _functions = [];
    private long? _operatorSet;
    private readonly OnnxNodeReader _nodeReader;
    private bool _hasGraph;
    private int _metadataEntries;

    private OnnxDocumentReader(ProtobufSource source) => (_source, _nodeReader) = (source, new OnnxNodeReader(source));

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
            Outputs = reader._outputs,
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
                    string value = reader.ReadString(MaximumMetadataBytes, $"'{MessageText.Shorten(key)}' of its metadata");
                    if (!_metadata.TryAdd(key, value))
                    {
                        throw _source.Fault($"its metadata has the key '{MessageText.Shorten(key)}' twice", at);
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

                    _nodes.Add(_nodeReader.Read(reader.ReadMessage()));
                    break;
                case 5:
                    ReadOnlyMemory<byte> message = reader.ReadBytes();
                    OnnxTensor tensor = OnnxTensor.Read(message, _source, reader.Position - message.Length);
                    if (_initializers.Count == MaximumTensors || !_initializers.TryAdd(tensor.Name, tensor))
                    {
                        throw _source.Fault(_initializers.Count == MaximumTensors ? $"it has more than {MaximumTensors:N0} tensors" : $"it has tensor '{MessageText.Shorten(tensor.Name)}' twice", at);
                    }

                    break;
                case 11:
                    if (_inputs.Count == MaximumTensors)
                    {
                        throw _source.Fault($"its graph has more than {MaximumTensors:N0} inputs", at);
                    }

                    _inputs.Add(OnnxGraphInput.Read(reader.ReadMessage(), _source));
                    break;
                case 12:
                    if (_outputs.Count == MaximumTensors)
                    {
                        throw _source.Fault($"its graph has more than {MaximumTensors:N0} outputs", at);
                    }

                    _outputs.Add(OnnxGraphInput.Read(reader.ReadMessage(), _source).Name);
                    break;
                case 15:
                    throw _source.Fault("it holds sparse weights, which aren't read; store them dense", at);
                default:
                    reader.Skip();
                    break;
            }
        }
    }
}
