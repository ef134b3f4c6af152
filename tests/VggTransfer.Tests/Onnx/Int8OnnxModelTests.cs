using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Protobuf;
using VggTransfer.Weights;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Tests.Onnx;

/// <summary>Graphs in 8-bit integers: what ONNX Runtime makes of them, and what is read back.</summary>
public sealed class Int8OnnxModelTests : IDisposable
{
    private static readonly VggArchitecture s_small = new() { Configuration = VggConfiguration.B, WidthMultiplier = 0.25, InputSize = 32, DenseUnits = 24, Classes = 5 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<bool, PreprocessingFamily> Networks => new()
    {
        { false, PreprocessingFamily.KerasCaffe },
        { true, PreprocessingFamily.Torchvision },
        { true, PreprocessingFamily.ZeroToOne },
    };

    /// <summary>Nothing computes in floating point but what gives the features: else the speed would be lost without any error.</summary>
    [Theory]
    [InlineData("block4_pool:avg+block5_pool:max", 0)]
    [InlineData("logits", 3)]
    public void ONNX_Runtime_takes_its_integer_kernels(string layer, int dense)
    {
        string optimized = _folder.File("optimized.onnx");
        using (var options = new SessionOptions { OptimizedModelFilePath = optimized, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL })
        {
            new InferenceSession(Graph(Model(s_small, PreprocessingFamily.KerasCaffe), layer), options).Dispose();
        }

        OnnxDocument document = OnnxDocumentReader.Read(File.ReadAllBytes(optimized), new ProtobufSource(optimized, "ONNX"));
        string[] operators = [.. document.Nodes.Select(node => node.Operator)];

        Assert.Equal(10, operators.Count(name => name == "QLinearConv"));
        Assert.Equal(dense, operators.Count(name => name == "QGemm"));
        Assert.Equal(dense > 0 ? 0 : 2, operators.Count(name => name == "DequantizeLinear"));
        Assert.DoesNotContain(operators, name => name is "Conv" or "FusedConv" or "Gemm" or "FusedGemm" or "MatMul" or "QuantizeLinear");
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void A_graph_read_back_gives_the_same_features_and_nearly_the_same_weights(bool batchNorm, PreprocessingFamily family)
    {
        VggModel model = Model(s_small with { BatchNorm = batchNorm }, family);
        string path = _folder.File("int8.onnx");
        OnnxModelWriter.Write(model, path, new OnnxExportOptions { Precision = OnnxPrecision.Int8 });

        using WeightsContent content = WeightsFile.Read(path);

        Assert.Contains("8-bit integers", Assert.Single(content.Notes), StringComparison.Ordinal);
        Assert.Equal(model.Architecture with { BatchNorm = false }, content.Model.Architecture);
        Assert.Equal(family, content.Model.Preprocessing);
        Assert.Equal(model.ActivationRanges!.OrderBy(pair => pair.Key, StringComparer.Ordinal), content.Model.ActivationRanges!.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        AssertNear(model, OnnxPrecision.Float32, content.Model, OnnxPrecision.Float32, least: 0.998);
        AssertNear(model, OnnxPrecision.Int8, content.Model, OnnxPrecision.Int8, least: 0.9995);
        if (!batchNorm)
        {
            foreach ((string name, ModelTensor tensor) in model.Tensors.Where(pair => pair.Key != "features.0.weight" && pair.Value.Shape.Count > 1))
            {
                float[] after = content.Model.Tensors[name].ToSingles();
                foreach ((int i, float[] row) in tensor.ToSingles().Chunk(tensor.ToSingles().Length / tensor.Shape[0]).Index())
                {
                    float step = row.Max(Math.Abs) / 127;
                    Assert.All(row.Select((value, k) => Math.Abs(value - after[(i * row.Length) + k])), error => Assert.InRange(error, 0, 0.501f * step));
                }
            }
        }
    }

    [Fact]
    public void A_graph_of_the_convolutions_alone_is_read_as_such()
    {
        VggModel model = Model(s_small, PreprocessingFamily.Torchvision);

        using WeightsContent content = OnnxModelReader.Parse(Graph(model, "block5_pool:avg"), "x.onnx");

        Assert.False(content.Model.Architecture.IncludeTop);
        Assert.Contains("ends before", Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(Graph(model, "block4_pool:avg"), "x.onnx")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Mutated_files_give_a_model_or_our_exception()
    {
        ProtobufFuzz.Run([new ProtobufMutation(Tiny(1), Tiny(2))], bytes => OnnxModelReader.Parse(bytes, "x.onnx"));

        // Equal ranges, so that both files have their fields in the same places.
        static byte[] Tiny(int seed)
        {
            VggModel model = Model(RandomModels.Tiny, PreprocessingFamily.Torchvision, seed);
            return Graph(model.WithActivationRanges(model.ActivationRanges!.ToDictionary(pair => pair.Key, _ => new ActivationRange(0, 8))), "logits");
        }
    }

    private static VggModel Model(VggArchitecture architecture, PreprocessingFamily family, int seed = 1)
    {
        VggModel model = RandomModels.CreateTrainable(architecture, family, seed: seed);
        VggLayer[] layers = [.. architecture.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution || (layer.Kind == VggLayerKind.Dense && layer.HasReLU))];
        using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions { Layer = new FeatureLayer([.. layers.Select(layer => new FeatureSource(layer.Name))]), Threads = 1 });
        float[] activations = extractor.Extract(Picture(0));
        int start = 0;
        var ranges = new Dictionary<string, ActivationRange>();
        foreach (VggLayer layer in layers)
        {
            ranges.Add(layer.Name, new ActivationRange(0, Math.Max(1, 1.2f * activations.AsSpan(start, layer.Output.ElementCount).ToArray().Max())));
            start += layer.Output.ElementCount;
        }

        return model.WithActivationRanges(ranges);
    }

    private static byte[] Graph(VggModel model, string layer)
    {
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(model, stream, new OnnxExportOptions { Precision = OnnxPrecision.Int8, Outputs = [new OnnxOutput("out", FeatureLayer.Parse(layer))] });
        return stream.ToArray();
    }

    private static void AssertNear(VggModel first, OnnxPrecision firstPrecision, VggModel second, OnnxPrecision secondPrecision, double least)
    {
        FeatureLayer layer = FeatureLayer.Parse("fc7");
        using var one = new FeatureExtractor(first, new FeatureExtractorOptions { Layer = layer, Precision = firstPrecision, Threads = 1 });
        using var two = new FeatureExtractor(second, new FeatureExtractorOptions { Layer = layer, Precision = secondPrecision, Threads = 1 });
        for (int i = 0; i < 3; i++)
        {
            Assert.InRange(TensorPrimitives.CosineSimilarity<float>(one.Extract(Picture(i)), two.Extract(Picture(i))), least, 1.0001);
        }
    }

    private static RgbImage Picture(int seed)
    {
        byte[] pixels = new byte[32 * 32 * 3];
        var random = new Random(seed);
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)Math.Clamp(128 + (90 * Math.Sin((i / 3 % 32 * (seed + 1) / 5.0) + (i % 3))) + random.Next(-20, 20), 0, 255);
        }

        return new RgbImage(32, 32, pixels);
    }
}
