using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Onnx;
using VggTransfer.Safetensors;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Weights;

/// <summary>Holds a model that was read to what shared/goldens/weights says about its file.</summary>
internal static class OnnxGoldenWeights
{
    /// <summary>The entry of expected.json for a file such as <c>onnx/vgg16.ts.fp16.onnx</c>.</summary>
    public static JsonElement Case(string file)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(SharedData.Require($"goldens/weights/{Path.GetDirectoryName(file)}/expected.json")));
        return document.RootElement.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("file").GetString() == Path.GetFileName(file)).Clone();
    }

    /// <summary>Compares architecture, pool5, fc7 and logits with the writer's own.</summary>
    public static void AssertMatches(string file, VggModel model)
    {
        JsonElement golden = Case(file);
        AssertArchitecture(golden.GetProperty("architecture"), model.Architecture);
        using SafetensorsFile expected = SafetensorsFile.Open(SharedData.Require($"goldens/weights/{Path.GetDirectoryName(file)}/expected.safetensors"));
        float[] input = expected.Find(golden.GetProperty("input").GetString()!)!.ToModelTensor().ToSingles();
        Dictionary<string, float[]> actual = Run(model, input, ("pool5", "block5_pool"), ("fc7", "fc7"), ("logits", "logits"));
        foreach ((string key, float[] values) in actual)
        {
            float[] wanted = expected.Find($"{golden.GetProperty("golden").GetString()}.{key}")!.ToModelTensor().ToSingles();
            AssertNear(wanted, values, golden.GetProperty("atol_rtol").GetDouble(), key);
        }
    }

    /// <summary>Runs a batch of normalised images, (N, 3, size, size), through a model written as a graph.</summary>
    public static Dictionary<string, float[]> Run(VggModel model, float[] input, params (string Name, string Layer)[] places)
    {
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(model, stream, new OnnxExportOptions
        {
            Input = OnnxInput.Normalized,
            Outputs = [.. places.Select(place => new OnnxOutput(place.Name, FeatureLayer.Parse(place.Layer)))],
        });
        int side = model.Architecture.InputSize;
        return RunFile(stream.ToArray(), input, [input.Length / (3 * side * side), 3, side, side]);
    }

    /// <summary>Runs a graph with one input; each output as one array.</summary>
    public static Dictionary<string, float[]> RunFile<T>(byte[] file, T[] input, long[] shape)
        where T : unmanaged
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(file, options);
        using var run = new RunOptions();
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(input, shape);
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [session.InputNames[0]], [value], session.OutputNames);
        return session.OutputNames.Zip(outputs).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    public static void AssertNear(float[] expected, float[] actual, double tolerance, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double scale = Math.Max(1, expected.Max(value => Math.Abs(value)));
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * scale, $"{what}[{i}] is {actual[i]} and should be {expected[i]}");
        }
    }

    private static void AssertArchitecture(JsonElement golden, VggArchitecture found)
    {
        Assert.Equal(golden.GetProperty("configuration").GetString(), found.Configuration.ToString());
        Assert.Equal(golden.GetProperty("conv_widths").EnumerateArray().Select(width => width.GetInt32()), found.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).Select(layer => layer.Output.Channels));
        Assert.Equal(golden.GetProperty("input")[1].GetInt32(), found.InputSize);
        Assert.Equal(golden.GetProperty("dense").EnumerateArray().Select(units => units.GetInt32()), Enumerable.Repeat(found.DenseUnits, found.HiddenDenseLayers));
        Assert.Equal(golden.GetProperty("classes").GetInt32(), found.Classes);
        Assert.True(found.IncludeTop && found.FifthPool);
    }
}
