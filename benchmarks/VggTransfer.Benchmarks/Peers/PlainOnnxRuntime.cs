using Microsoft.ML.OnnxRuntime;

namespace VggTransfer.Benchmarks.Peers;

/// <summary>ONNX Runtime as it comes, on pixels that are ready: what is left when nothing but the network costs time.</summary>
internal sealed class PlainOnnxRuntime : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly int _size;

    /// <param name="graph">An ONNX file: uint8 pixels in, one output.</param>
    /// <param name="size">Side of the input in pixels.</param>
    public PlainOnnxRuntime(string graph, int size)
    {
        _session = new InferenceSession(graph);
        _size = size;
    }

    /// <summary>Runs batches until a number of images is through.</summary>
    /// <param name="pixels">A batch, (batch, size, size, 3).</param>
    /// <param name="batch">Images in it.</param>
    /// <param name="count">Images in all; a multiple of the batch.</param>
    public void Run(byte[] pixels, int batch, int count)
    {
        for (int done = 0; done < count; done += batch)
        {
            using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [batch, _size, _size, 3]);
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(_runOptions, _session.InputNames, [input], _session.OutputNames);
            outputs[0].GetTensorDataAsSpan<float>();
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }
}
