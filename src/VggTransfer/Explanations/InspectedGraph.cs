using Microsoft.ML.OnnxRuntime;
using VggTransfer.Backbones;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Explanations;

/// <summary>A classifier's graph that also gives outputs of inner layers.</summary>
internal sealed class InspectedGraph : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly string _input;
    private readonly string _features;
    private readonly string[] _outputs;
    private readonly IReadOnlyList<string> _layers;

    private InspectedGraph(InferenceSession session, string features, IReadOnlyList<string> layers, string[] outputs)
    {
        _session = session;
        _input = session.InputNames[0];
        _features = features;
        _layers = layers;
        _outputs = outputs;
    }

    /// <param name="graph">A graph as <see cref="OnnxModelWriter"/> writes it, with one output.</param>
    /// <param name="document">The same, taken apart.</param>
    /// <param name="layers">Keras's names of the layers to look into.</param>
    /// <param name="threads">Threads for inference.</param>
    /// <exception cref="OnnxRuntimeException">The graph can't be loaded, or has no such layers.</exception>
    public static InspectedGraph Load(byte[] graph, OnnxDocument document, IReadOnlyList<string> layers, int threads)
    {
        using SessionOptions options = OnnxNetwork.Options(threads);
        string[] values = [.. layers.Select(layer => OnnxInnerOutputs.SinglesOf(document, layer))];
        var session = new InferenceSession(OnnxInnerOutputs.Add(graph, values), options);

        // Its own output comes first.
        return new InspectedGraph(session, session.OutputNames[0], layers, values);
    }

    /// <summary>Runs one picture.</summary>
    /// <param name="pixels">(size, size, 3) bytes, RGB.</param>
    /// <param name="size">Side of the picture.</param>
    /// <param name="features">What the head works on.</param>
    /// <returns>The layers' outputs by their names.</returns>
    public IReadOnlyDictionary<string, ActivationMap> Run(byte[] pixels, int size, out float[] features)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixels.AsMemory(), [1, size, size, 3]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_runOptions, [_input], [input], [_features, .. _outputs]);
        features = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        var maps = new Dictionary<string, ActivationMap>(StringComparer.Ordinal);
        for (int i = 0; i < _layers.Count; i++)
        {
            long[] shape = outputs[i + 1].GetTensorTypeAndShape().Shape;
            maps[_layers[i]] = new ActivationMap((int)shape[1], shape.Length > 2 ? (int)shape[2] : 1, shape.Length > 3 ? (int)shape[3] : 1, outputs[i + 1].GetTensorDataAsSpan<float>().ToArray());
        }

        return maps;
    }

    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }
}
