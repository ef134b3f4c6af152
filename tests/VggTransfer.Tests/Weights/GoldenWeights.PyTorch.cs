using System.Text.Json;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Onnx;
using VggTransfer.Safetensors;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Onnx;

namespace VggTransfer.Tests.Weights;

/// <summary>A case of shared/goldens/weights of PyTorch's family: what the tool itself computed, and what our graph computes of the model that was read.</summary>
internal sealed class PyTorchGolden
{
    private readonly string _folder;
    private readonly JsonElement _case;

    private PyTorchGolden(string folder, JsonElement golden)
    {
        _folder = folder;
        _case = golden;
    }

    public string Path => SharedData.Require($"goldens/weights/{_folder}/{_case.GetProperty("file").GetString()}");

    public static PyTorchGolden Find(string folder, string file)
    {
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(SharedData.Require($"goldens/weights/{folder}/expected.json")));
        return new PyTorchGolden(folder, expected.RootElement.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("file").GetString() == file).Clone());
    }

    /// <summary>Compares the architecture, and the outputs that the case has, each within the case's tolerance.</summary>
    public void AssertSame(VggModel model)
    {
        JsonElement architecture = _case.GetProperty("architecture");
        VggArchitecture found = model.Architecture;
        Assert.Equal(architecture.GetProperty("configuration").GetString(), found.Configuration.ToString());
        Assert.Equal(architecture.GetProperty("batch_norm").GetBoolean(), found.BatchNorm);
        Assert.Equal(architecture.GetProperty("conv_widths").EnumerateArray().Select(width => width.GetInt32()), found.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).Select(layer => layer.Output.Channels));
        Assert.Equal(architecture.GetProperty("input")[1].GetInt32(), found.InputSize);
        Assert.Equal(architecture.GetProperty("dense").EnumerateArray().Select(units => units.GetInt32()), Enumerable.Repeat(found.DenseUnits, found.HiddenDenseLayers));
        Assert.Equal(architecture.GetProperty("classes").GetInt32(), found.Classes);

        using SafetensorsFile values = SafetensorsFile.Open(SharedData.Require($"goldens/weights/{_folder}/expected.safetensors"));
        string golden = _case.GetProperty("golden").GetString()!;
        double tolerance = _case.GetProperty("atol_rtol").GetDouble();
        (string Key, string Layer)[] outputs = [.. new[] { ("pool5", "block5_pool"), ("fc7", "fc7"), ("logits", "logits") }.Where(output => values.Find($"{golden}.{output.Item1}") is not null)];
        Assert.NotEmpty(outputs);
        using var run = new OnnxRun(model, new OnnxExportOptions
        {
            Input = OnnxInput.Normalized,
            Outputs = [.. outputs.Select(output => new OnnxOutput(output.Key, FeatureLayer.Parse(output.Layer)))],
        });
        float[] input = Input(values);
        foreach ((string key, float[] actual) in run.Run(input, input.Length / (3 * found.InputSize * found.InputSize)))
        {
            Near.Assert(values.Find($"{golden}.{key}")!.ToModelTensor().ToSingles(), actual, tolerance, key);
        }
    }

    private float[] Input(SafetensorsFile values)
    {
        string name = _case.GetProperty("input").GetString()!;
        if (values.Find(name) is { } stored)
        {
            return stored.ToModelTensor().ToSingles();
        }

        // The formula of expected.json: this input isn't stored.
        Assert.Equal("input.224", name);
        float[] input = new float[3 * 224 * 224];
        for (int i = 0; i < input.Length; i++)
        {
            (int c, int y, int x) = (i / (224 * 224), i / 224 % 224, i % 224);
            input[i] = ((((7 * x) + (13 * y) + (29 * c) + (3 * (x * y % 31))) % 17) - 8) / 8f;
        }

        return input;
    }
}
