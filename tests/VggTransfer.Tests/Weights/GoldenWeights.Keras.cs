using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Onnx;
using VggTransfer.Safetensors;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.KerasFiles;

/// <summary>
/// Oracle: Keras 3.15 and tf_keras 2.21, in shared/goldens/weights. A read model goes through ONNX Runtime, and its features
/// must be those that the writing tool computed.
/// </summary>
internal static class KerasGoldens
{
    private const double Tolerance = 1e-4;

    /// <summary>Compares architecture and features with what expected.json and expected.safetensors say of a file.</summary>
    public static void Check(VggModel model, string folder, string file)
    {
        using JsonDocument cases = JsonDocument.Parse(File.ReadAllText(SharedData.Require($"goldens/weights/{folder}/expected.json")));
        JsonElement golden = cases.RootElement.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("file").GetString() == file);
        using SafetensorsFile expected = SafetensorsFile.Open(SharedData.Require($"goldens/weights/{folder}/expected.safetensors"));
        CheckArchitecture(golden.GetProperty("architecture"), model.Architecture);
        CheckFeatures(model, expected, golden.GetProperty("golden").GetString()!, Values(expected, golden.GetProperty("input").GetString()!));
    }

    private static void CheckArchitecture(JsonElement golden, VggArchitecture found)
    {
        Assert.Equal(golden.GetProperty("configuration").GetString(), found.Configuration.ToString());
        Assert.Equal(golden.GetProperty("batch_norm").GetBoolean(), found.BatchNorm);
        Assert.Equal(golden.GetProperty("conv_widths").EnumerateArray().Select(width => width.GetInt32()), found.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).Select(layer => layer.Output.Channels));
        int[] dense = [.. golden.GetProperty("dense").EnumerateArray().Select(width => width.GetInt32())];
        Assert.Equal(dense.Length > 0, found.IncludeTop);
        Assert.Equal(golden.TryGetProperty("pools", out JsonElement pools) && pools.GetInt32() == 4, !found.FifthPool);
        if (found.IncludeTop)
        {
            Assert.Equal(golden.GetProperty("input")[1].GetInt32(), found.InputSize);
            Assert.Equal(dense, Enumerable.Repeat(found.DenseUnits, found.HiddenDenseLayers));
            Assert.Equal(golden.GetProperty("classes").GetInt32(), found.Classes);
        }

        if (golden.TryGetProperty("epsilon", out JsonElement epsilon))
        {
            Assert.Equal(epsilon.GetDouble(), found.BatchNormEpsilon);
        }
    }

    private static void CheckFeatures(VggModel model, SafetensorsFile expected, string golden, float[] input)
    {
        string lastMap = model.Architecture.FifthPool ? "block5_pool" : model.Architecture.Layers.Last(layer => layer.Block == 5).Name;
        (string Key, string Layer)[] places = [("pool5", lastMap), .. model.Architecture.IncludeTop ? [("fc7", "fc7"), ("logits", "logits")] : Array.Empty<(string, string)>()];
        int side = golden == "notebook" ? 32 : 64;
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(model, stream, new OnnxExportOptions
        {
            Input = OnnxInput.Normalized,
            InputSize = side,
            Outputs = [.. places.Select(place => new OnnxOutput(place.Key, FeatureLayer.Parse(place.Layer)))],
        });
        using var options = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(stream.ToArray(), options);
        using var run = new RunOptions();
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(input, [input.Length / (3 * side * side), 3, side, side]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [session.InputNames[0]], [value], [.. places.Select(place => place.Key)]);
        foreach (((string key, _), OrtValue output) in places.Zip(outputs))
        {
            float[] wanted = Values(expected, $"{golden}.{key}");
            ReadOnlySpan<float> actual = output.GetTensorDataAsSpan<float>();
            Assert.Equal(wanted.Length, actual.Length);
            double scale = Math.Max(1, wanted.Max(Math.Abs));
            for (int i = 0; i < wanted.Length; i++)
            {
                Assert.True(Math.Abs(wanted[i] - actual[i]) <= Tolerance * scale, $"{key}[{i}] is {actual[i]} and should be {wanted[i]}");
            }
        }
    }

    private static float[] Values(SafetensorsFile file, string name) => file.Find(name)!.ToModelTensor().ToSingles();
}
