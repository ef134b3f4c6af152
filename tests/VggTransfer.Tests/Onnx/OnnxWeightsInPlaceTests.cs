using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Tests.Onnx;

/// <summary>Oracle: the same graph in one piece.</summary>
public sealed class OnnxWeightsInPlaceTests : IDisposable
{
    private static readonly VggArchitecture s_architecture = new() { Configuration = VggConfiguration.A, WidthMultiplier = 0.25, InputSize = 32, DenseUnits = 64, Classes = 3 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(TensorType.Float32, OnnxPrecision.Float32)]
    [InlineData(TensorType.Float16, OnnxPrecision.Float32)]
    [InlineData(TensorType.Float32, OnnxPrecision.Int8)]
    public void Weights_in_the_middle_of_a_file_give_the_same_bits(TensorType type, OnnxPrecision precision)
    {
        byte[] graph = Graph(type, precision);
        byte[] pixels = new byte[2 * 32 * 32 * 3];
        new Random(1).NextBytes(pixels);
        string path = _folder.File("Überbleibsel 1.bin");

        // An odd position, as in an archive: nothing may count on alignment.
        const int Position = 12_347;
        File.WriteAllBytes(path, [.. new byte[Position], .. graph, .. new byte[99]]);

        byte[] small = OnnxWeightsInPlace.Refer(graph, new ProtobufSource(path, "test"), Position);

        Assert.InRange(small.Length, 1, graph.Length / 4);
        using var whole = OnnxNetwork.Load(graph, threads: 1);
        using var inPlace = OnnxNetwork.Load(small, _folder.Path, threads: 1);
        Assert.Equal(Run(whole, pixels), Run(inPlace, pixels));
    }

    /// <summary>A server's model file can be overwritten or deleted while the server runs.</summary>
    [Fact]
    public void The_file_is_not_mapped_any_more_once_the_network_is_loaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && System.Runtime.Intrinsics.X86.Avx2.IsSupported, "Needs /proc and a processor for which ONNX Runtime repacks all weights.");
        byte[] graph = Graph(TensorType.Float32, OnnxPrecision.Float32);
        string path = _folder.File("weights.bin");
        File.WriteAllBytes(path, graph);

        using var session = OnnxNetwork.Load(OnnxWeightsInPlace.Refer(graph, new ProtobufSource(path, "test"), 0), _folder.Path, threads: 1);

        Assert.DoesNotContain(path, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_graph_that_names_other_files_is_refused()
    {
        VggModel model = RandomModels.CreateTrainable(s_architecture);
        OnnxModelWriter.Write(model, _folder.File("graph.onnx"), _folder.File("weights"), new OnnxExportOptions());

        InvalidModelFileException exception = Assert.Throws<InvalidModelFileException>(
            () => OnnxWeightsInPlace.Refer(File.ReadAllBytes(_folder.File("graph.onnx")), new ProtobufSource("model.zip", "test"), 0));

        Assert.Contains("weights in a file of their own", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_graphs_give_a_graph_or_our_exception()
    {
        byte[] graph = Graph(TensorType.Float16, OnnxPrecision.Float32);
        var source = new ProtobufSource("model.zip", "test");
        var random = new Random(2);
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. graph];
            if (i % 4 == 0)
            {
                damaged = damaged[..random.Next(damaged.Length)];
            }

            // Structure is at the beginning of the file and of each weight; elsewhere are numbers.
            damaged[random.Next(Math.Min(damaged.Length, 600))] = (byte)random.Next(256);
            try
            {
                Assert.InRange(OnnxWeightsInPlace.Refer(damaged, source, 0).Length, 0, graph.Length + 4096);
            }
            catch (InvalidModelFileException exception)
            {
                refused++;
                Assert.DoesNotContain('\n', exception.Message);
            }
        }

        Assert.InRange(refused, 200, 1999);
    }

    private static byte[] Graph(TensorType type, OnnxPrecision precision)
    {
        VggModel model = RandomModels.CreateTrainable(s_architecture, type: type).WithActivationRanges(
            s_architecture.Layers.Where(layer => layer.Kind is VggLayerKind.Convolution or VggLayerKind.Dense).ToDictionary(layer => layer.Name, _ => new ActivationRange(0, 100)));
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(model, stream, new OnnxExportOptions { Precision = precision, Outputs = [new OnnxOutput("features", FeatureLayer.Fc7)] });
        return stream.ToArray();
    }

    private static float[] Run(OnnxNetwork session, byte[] pixels)
    {
        float[] features = new float[2 * session.Dimension];
        session.Run(pixels, 2, features);
        return features;
    }
}
