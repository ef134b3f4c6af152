using System.Text.Json;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Onnx;
using VggTransfer.Safetensors;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Onnx;

namespace VggTransfer.Tests.Weights;

/// <summary>A case of shared/goldens/weights/tf_keras: what tf_keras itself computed of a file.</summary>
internal sealed class TensorFlowGolden(string file)
{
    private const string Folder = "goldens/weights/tf_keras/";

    /// <summary>The case's file, folder or prefix.</summary>
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(SharedData.Require(Folder + "expected.json"))!, file);

    /// <summary>Compares architecture, pool5, fc7 and logits.</summary>
    public void AssertSame(VggModel model)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(SharedData.Require(Folder + "expected.json")));
        JsonElement golden = document.RootElement.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("file").GetString() == file);
        JsonElement architecture = golden.GetProperty("architecture");
        VggArchitecture found = model.Architecture;
        Assert.Equal(architecture.GetProperty("configuration").GetString(), found.Configuration.ToString());
        Assert.Equal(architecture.GetProperty("batch_norm").GetBoolean(), found.BatchNorm);
        Assert.Equal(architecture.GetProperty("conv_widths").EnumerateArray().Select(width => width.GetInt32()), found.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).Select(layer => layer.Output.Channels));
        Assert.Equal(architecture.GetProperty("input")[1].GetInt32(), found.InputSize);
        Assert.Equal(architecture.GetProperty("dense").EnumerateArray().Select(units => units.GetInt32()), Enumerable.Repeat(found.DenseUnits, found.HiddenDenseLayers));
        Assert.Equal(architecture.GetProperty("classes").GetInt32(), found.Classes);

        using SafetensorsFile values = SafetensorsFile.Open(SharedData.Require(Folder + "expected.safetensors"));
        (string Key, string Layer)[] places = [("pool5", "block5_pool"), ("fc7", "fc7"), ("logits", "logits")];
        using var run = new OnnxRun(model, new OnnxExportOptions
        {
            Input = OnnxInput.Normalized,
            Outputs = [.. places.Select(place => new OnnxOutput(place.Key, FeatureLayer.Parse(place.Layer)))],
        });
        float[] input = Values(values, golden.GetProperty("input").GetString()!);
        Dictionary<string, float[]> actual = run.Run(input, input.Length / (3 * found.InputSize * found.InputSize));
        foreach ((string key, _) in places)
        {
            // The cases say 1e-3; the goldens' README says that 1e-4 can be met.
            Near.Assert(Values(values, $"{golden.GetProperty("golden").GetString()}.{key}"), actual[key], 1e-4, key);
        }
    }

    private static float[] Values(SafetensorsFile file, string name) => file.Find(name)!.ToModelTensor().ToSingles();
}
