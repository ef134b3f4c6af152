using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Tests.Onnx;

/// <summary>A written graph in ONNX Runtime.</summary>
internal sealed class OnnxRun : IDisposable
{
    private readonly RunOptions _options = new();

    public OnnxRun(VggModel model, OnnxExportOptions options)
    {
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(model, stream, options);
        using var session = new SessionOptions { IntraOpNumThreads = 1 };
        Session = new InferenceSession(stream.ToArray(), session);
    }

    /// <summary>A file in ONNX Runtime, whatever wrote it.</summary>
    public OnnxRun(byte[] file)
    {
        using var session = new SessionOptions { IntraOpNumThreads = 1 };
        Session = new InferenceSession(file, session);
    }

    /// <summary>A file in ONNX Runtime, with its weights in another one beside it.</summary>
    public OnnxRun(string path)
    {
        using var session = new SessionOptions { IntraOpNumThreads = 1 };
        Session = new InferenceSession(path, session);
    }

    public InferenceSession Session { get; }

    /// <summary>Runs a batch of normalised images, (N, 3, size, size), through a model, to one place in it.</summary>
    public static float[] RunTo(VggModel model, string layer, float[] input)
    {
        using var run = new OnnxRun(model, new OnnxExportOptions { Input = OnnxInput.Normalized, Outputs = [new OnnxOutput("y", FeatureLayer.Parse(layer))] });
        int side = model.Architecture.InputSize;
        return run.Run(input, input.Length / (3 * side * side)).Single().Value;
    }

    /// <summary>Runs a batch; each output as one array of all rows.</summary>
    public Dictionary<string, float[]> Run<T>(T[] input, int count)
        where T : unmanaged
    {
        long[] shape = [count, .. Session.InputMetadata.Single().Value.Dimensions[1..].Select(dimension => (long)dimension)];
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(input, shape);
        using IDisposableReadOnlyCollection<OrtValue> outputs = Session.Run(_options, [Session.InputNames[0]], [value], Session.OutputNames);
        return Session.OutputNames.Zip(outputs).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    public void Dispose()
    {
        Session.Dispose();
        _options.Dispose();
    }
}
