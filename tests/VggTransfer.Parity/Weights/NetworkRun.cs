using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Parity.Weights;

/// <summary>Runs a model that was read as a graph in ONNX Runtime.</summary>
internal static class NetworkRun
{
    /// <summary>The last map, and what of <c>fc7</c> and <c>logits</c> the network has at this size of input.</summary>
    public static IReadOnlyDictionary<string, float[]> Run(VggModel model, GoldenInput input)
    {
        // Dense layers fit one size of input only; the convolutions alone fit any.
        VggModel network = model.Architecture.IncludeTop && model.Architecture.InputSize != input.Side ? WithoutTop(model) : model;
        OnnxOutput[] outputs = [.. Places(network.Architecture).Select(place => new OnnxOutput(place.Key, FeatureLayer.Parse(place.Layer)))];
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(network, stream, new OnnxExportOptions { Input = OnnxInput.Normalized, InputSize = input.Side, Outputs = outputs });
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(stream.ToArray(), options);
        using var run = new RunOptions();
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(input.Values, [input.Count, 3, input.Side, input.Side]);
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(run, session.InputNames, [value], session.OutputNames);
        return session.OutputNames.Zip(results).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    private static IEnumerable<(string Key, string Layer)> Places(VggArchitecture architecture)
    {
        string lastMap = architecture.Layers.Last(layer => layer.Block == 5).Name;
        yield return ("pool5", lastMap);
        yield return ("pooled.avg", lastMap + ":avg");
        yield return ("pooled.max", lastMap + ":max");
        if (architecture.IncludeTop)
        {
            if (architecture.HiddenDenseLayers > 0)
            {
                yield return ("fc7", "fc7");
            }

            yield return ("logits", "logits");
        }
    }

    private static VggModel WithoutTop(VggModel model)
    {
        VggArchitecture convolutions = model.Architecture with { IncludeTop = false };
        return new VggModel(convolutions, convolutions.Tensors.Select(tensor => model.Tensors[tensor.Name]));
    }
}
