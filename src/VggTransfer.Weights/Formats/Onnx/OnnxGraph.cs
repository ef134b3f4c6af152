using System.Reflection;
using System.Runtime.InteropServices;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>An ONNX graph while it is put together, and how it goes into a file.</summary>
internal sealed class OnnxGraph
{
    /// <summary>Pads, reshapes and pools as used here are the same from operator set 13 to the newest.</summary>
    private const int OperatorSetVersion = 13;

    /// <summary>Format version of ONNX 1.10 to 1.12: what the oldest tools still in use read.</summary>
    private const int IrVersion = 8;

    /// <summary>Windows maps files at multiples of this only.</summary>
    private const long MappingGranularity = 1 << 16;

    /// <summary>Below this an initializer stays in the graph: ONNX Runtime looks into shapes and axes before it maps any file.</summary>
    private const int SmallestExternalBytes = 1 << 10;

    /// <summary>Protocol buffers' own limit on a message.</summary>
    private const long MaxBytes = int.MaxValue;

    private readonly List<Part> _nodes = [];
    private readonly List<Initializer> _initializers = [];
    private readonly List<byte[]> _inputs = [];
    private readonly List<byte[]> _outputs = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _domains = new(StringComparer.Ordinal);

    public void AddInput(string name, OnnxElementType type, params long?[] shape)
    {
        _names.Add(name);
        _inputs.Add(OnnxProto.ValueInfo(name, type, shape));
    }

    public void AddOutput(string name, OnnxElementType type, params long?[] shape) =>
        _outputs.Add(OnnxProto.ValueInfo(name, type, shape));

    /// <summary>Adds a node with one output and returns the output's name.</summary>
    public string AddNode(string operation, string output, IEnumerable<string> inputs, params byte[][] attributes)
    {
        if (!_names.Add(output))
        {
            throw new ArgumentException($"The ONNX graph has a value named '{output}' already; choose another output name.");
        }

        if (operation.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon)
        {
            _domains.Add(operation[..colon]);
        }

        _nodes.Add(new Part(OnnxProto.Node(operation, inputs, output, attributes)));
        return output;
    }

    /// <summary>Adds a constant whose data are asked for only while the file is written.</summary>
    public string AddInitializer(string name, OnnxElementType type, IReadOnlyList<int> shape, int dataLength, Func<ReadOnlyMemory<byte>> data)
    {
        _names.Add(name);
        _initializers.Add(new Initializer(name, type, shape, dataLength, data));
        return name;
    }

    /// <summary>
    /// The same as a node of operator Constant: ML.NET refuses a model with an initializer of a type that it has no
    /// data view type for, such as float16, but doesn't look into constants. ONNX Runtime treats both alike.
    /// </summary>
    public string AddConstant(string name, OnnxElementType type, IReadOnlyList<int> shape, int dataLength, Func<ReadOnlyMemory<byte>> data)
    {
        _names.Add(name);
        _nodes.Add(new Part(OnnxProto.ConstantHeader(name, type, shape, dataLength), dataLength, data));
        return name;
    }

    public string AddInitializer(string name, IReadOnlyList<int> shape, float[] values) =>
        AddInitializer(name, OnnxElementType.Float, shape, values.Length * sizeof(float), () => MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    /// <exception cref="NotSupportedException">The model would pass protocol buffers' limit of 2 GiB.</exception>
    public void WriteTo(Stream stream, string graphName, IReadOnlyDictionary<string, string> metadata) =>
        WriteTo(stream, graphName, metadata, [.. _initializers.Select(initializer => initializer.WithData())]);

    /// <summary>Writes the graph to one file and its weights to another, which ONNX Runtime maps instead of reading.</summary>
    /// <param name="stream">Where the graph goes.</param>
    /// <param name="weights">Where the initializers' data go, but for the smallest ones.</param>
    /// <param name="location">The name of the weights' file, which lies in the graph's folder.</param>
    /// <param name="graphName">The graph's name.</param>
    /// <param name="metadata">The model's metadata.</param>
    public void WriteTo(Stream stream, Stream weights, string location, string graphName, IReadOnlyDictionary<string, string> metadata)
    {
        var references = new List<Part>();
        foreach (Initializer initializer in _initializers)
        {
            if (initializer.DataLength < SmallestExternalBytes)
            {
                references.Add(initializer.WithData());
                continue;
            }

            weights.SetLength((weights.Length + MappingGranularity - 1) / MappingGranularity * MappingGranularity);
            weights.Position = weights.Length;
            references.Add(initializer.WithReference(location, weights.Position));
            weights.Write(initializer.Data().Span);
        }

        WriteTo(stream, graphName, metadata, references);
    }

    private void WriteTo(Stream stream, string graphName, IReadOnlyDictionary<string, string> metadata, IReadOnlyList<Part> initializers)
    {
        Part[] fields =
        [
            .. _nodes.Select(node => node.AsField(1)),
            new(OnnxProto.Field(2, graphName)),
            .. initializers.Select(initializer => initializer.AsField(5)),
            .. _inputs.Select(input => new Part(OnnxProto.Field(11, input))),
            .. _outputs.Select(output => new Part(OnnxProto.Field(12, output))),
        ];
        long graphLength = fields.Sum(field => field.Length);
        if (graphLength > MaxBytes)
        {
            throw new NotSupportedException($"The ONNX file would take {graphLength:N0} bytes, and the format ends at {MaxBytes:N0}; write the model with 16-bit weights or as safetensors.");
        }

        stream.Write(OnnxProto.Field(1, IrVersion));
        stream.Write(OnnxProto.Field(2, "VggTransfer"));
        stream.Write(OnnxProto.Field(3, ProducerVersion));
        stream.Write(OnnxProto.FieldHeader(7, graphLength));
        foreach (Part field in fields)
        {
            stream.Write(field.Head);
            if (field.Data is not null)
            {
                stream.Write(field.Data().Span);
            }
        }

        stream.Write(OnnxProto.Field(8, OnnxProto.OperatorSet("", OperatorSetVersion)));
        foreach (string domain in _domains)
        {
            stream.Write(OnnxProto.Field(8, OnnxProto.OperatorSet(domain, 1)));
        }

        foreach ((string key, string value) in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            stream.Write(OnnxProto.Field(14, OnnxProto.StringEntry(key, value)));
        }
    }

    private static string ProducerVersion => typeof(OnnxGraph).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private sealed record Initializer(string Name, OnnxElementType Type, IReadOnlyList<int> Shape, int DataLength, Func<ReadOnlyMemory<byte>> Data)
    {
        public Part WithData() => new(OnnxProto.TensorHeader(Name, Type, Shape, DataLength), DataLength, Data);

        public Part WithReference(string location, long offset) => new(OnnxProto.ExternalTensor(Name, Type, Shape, location, offset, DataLength));
    }

    /// <summary>A message, or its beginning and the data that end it.</summary>
    private sealed record Part(byte[] Head, int DataLength = 0, Func<ReadOnlyMemory<byte>>? Data = null)
    {
        public long Length => (long)Head.Length + DataLength;

        public Part AsField(int number) => this with { Head = [.. OnnxProto.FieldHeader(number, Length), .. Head] };
    }
}
