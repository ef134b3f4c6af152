using Microsoft.ML.OnnxRuntime;
using VggTransfer.Backbones;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Explanations;

/// <summary>A classifier's graph that also gives outputs of inner layers.</summary>
internal sealed class InspectedGraph : IDisposable
{
    // ModelProto.graph, GraphProto.output, ValueInfoProto.name in onnx.proto.
    private const int GraphField = 7;
    private const int OutputField = 12;
    private const int NameField = 1;

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly string _input;
    private readonly string _features;
    private readonly IReadOnlyList<string> _values;

    private InspectedGraph(InferenceSession session, IReadOnlyList<string> values)
    {
        _session = session;
        _input = session.InputNames[0];

        // Its own output comes first.
        _features = session.OutputNames[0];
        _values = values;
    }

    /// <param name="graph">A graph as <see cref="OnnxModelWriter"/> writes it, with one output.</param>
    /// <param name="values">Names of values inside it.</param>
    /// <param name="threads">Threads for inference.</param>
    /// <exception cref="OnnxRuntimeException">The graph can't be loaded, or has no such values.</exception>
    public static InspectedGraph Load(byte[] graph, IReadOnlyList<string> values, int threads)
    {
        using SessionOptions options = OnnxNetwork.Options(threads);

        // Protocol buffers join the parts of a message that comes twice, so nothing of the first part need be copied or understood.
        byte[] outputs = [.. values.SelectMany(value => OnnxProto.Field(OutputField, OnnxProto.Field(NameField, value)))];
        return new InspectedGraph(new InferenceSession([.. graph, .. OnnxProto.Field(GraphField, outputs)], options), values);
    }

    /// <summary>Whether a value has rows and columns.</summary>
    public bool IsMap(string value) => _session.OutputMetadata[value].Dimensions.Length == 4;

    /// <summary>Runs one picture.</summary>
    /// <param name="pixels">(size, size, 3) bytes, RGB.</param>
    /// <param name="size">Side of the picture.</param>
    /// <param name="features">What the head works on.</param>
    /// <returns>The values by their names.</returns>
    public IReadOnlyDictionary<string, ActivationMap> Run(byte[] pixels, int size, out float[] features)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixels.AsMemory(), [1, size, size, 3]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_runOptions, [_input], [input], [_features, .. _values]);
        features = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        var maps = new Dictionary<string, ActivationMap>(StringComparer.Ordinal);
        for (int i = 0; i < _values.Count; i++)
        {
            long[] shape = outputs[i + 1].GetTensorTypeAndShape().Shape;
            maps[_values[i]] = new ActivationMap((int)shape[1], shape.Length > 2 ? (int)shape[2] : 1, shape.Length > 3 ? (int)shape[3] : 1, outputs[i + 1].GetTensorDataAsSpan<float>().ToArray());
        }

        return maps;
    }

    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }
}
