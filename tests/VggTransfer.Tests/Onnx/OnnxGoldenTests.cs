using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Onnx;

/// <summary>Oracle: torchvision 0.28 and timm 1.0.31, in shared/goldens/weights, with the tolerance of its README.</summary>
public sealed class OnnxGoldenTests
{
    private const double Tolerance = 1e-4;

    [Fact]
    public void Graph_gives_what_torchvision_gives()
    {
        using VggModel model = SafetensorsModelReader.Read(SharedData.Require("goldens/weights/torch/vgg16.torchvision.safetensors"));
        using SafetensorsFile expected = SafetensorsFile.Open(SharedData.Require("goldens/weights/torch/expected.safetensors"));

        Check(model, expected, "vgg16", Values(expected, "input.64"));
    }

    [Fact]
    public void Folded_batch_norm_gives_what_timm_gives()
    {
        using VggModel model = ReadTimm("vgg16_bn.k2.safetensors", VggConfiguration.D, inputSize: 64, denseUnits: 48);
        using SafetensorsFile expected = SafetensorsFile.Open(SharedData.Require("goldens/weights/timm/expected.safetensors"));

        Check(model, expected, "vgg16_bn.k2", Values(expected, "input.64"));
    }

    [Fact]
    public void Folded_batch_norm_at_full_input_size_gives_what_timm_gives()
    {
        using VggModel model = ReadTimm("vgg11_bn.k7.safetensors", VggConfiguration.A, inputSize: 224, denseUnits: 40);
        using SafetensorsFile expected = SafetensorsFile.Open(SharedData.Require("goldens/weights/timm/expected.safetensors"));
        float[] input = new float[3 * 224 * 224];
        for (int i = 0; i < input.Length; i++)
        {
            // The formula of expected.json: this input isn't stored.
            (int c, int y, int x) = (i / (224 * 224), i / 224 % 224, i % 224);
            input[i] = ((7 * x + 13 * y + 29 * c + 3 * (x * y % 31)) % 17 - 8) / 8f;
        }

        Check(model, expected, "vgg11_bn.k7", input);
    }

    private static void Check(VggModel model, SafetensorsFile expected, string golden, float[] input)
    {
        (string Key, string Layer)[] places = [("pool5", "block5_pool"), ("fc7", "fc7"), ("logits", "logits")];
        using var run = new OnnxRun(model, new OnnxExportOptions
        {
            Input = OnnxInput.Normalized,
            Outputs = [.. places.Select(place => new OnnxOutput(place.Key, FeatureLayer.Parse(place.Layer)))],
        });
        int side = model.Architecture.InputSize;

        Dictionary<string, float[]> actual = run.Run(input, input.Length / (3 * side * side));

        foreach ((string key, _) in places)
        {
            Near.Assert(Values(expected, $"{golden}.{key}"), actual[key], Tolerance, key);
        }
    }

    private static float[] Values(SafetensorsFile file, string name) => file.Find(name)!.ToModelTensor().ToSingles();

    /// <summary>timm writes the dense layers as convolutions under names of its own.</summary>
    private static VggModel ReadTimm(string file, VggConfiguration configuration, int inputSize, int denseUnits)
    {
        var architecture = new VggArchitecture { Configuration = configuration, BatchNorm = true, WidthMultiplier = 1.0 / 32, InputSize = inputSize, DenseUnits = denseUnits, Classes = 7 };
        SafetensorsFile tensors = SafetensorsFile.Open(SharedData.Require($"goldens/weights/timm/{file}"));
        return new VggModel(
            architecture,
            architecture.Tensors.Select(specification =>
            {
                string name = specification.Name
                    .Replace("classifier.0.", "pre_logits.fc1.", StringComparison.Ordinal)
                    .Replace("classifier.3.", "pre_logits.fc2.", StringComparison.Ordinal)
                    .Replace("classifier.6.", "head.fc.", StringComparison.Ordinal);
                return new ModelTensor(specification.Name, specification.Shape, TensorType.Float32, tensors.Find(name)!.Data);
            }),
            tensors);
    }
}
