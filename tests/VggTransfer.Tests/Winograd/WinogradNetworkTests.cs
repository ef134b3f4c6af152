using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Backbones;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Tests.Winograd;

/// <summary>Oracle: ONNX Runtime on the same weights, which sums every product of a convolution.</summary>
public sealed class WinogradNetworkTests
{
    private static readonly VggArchitecture s_small = new() { Configuration = VggConfiguration.D, WidthMultiplier = 0.25, InputSize = 50, IncludeTop = false };

    [Theory]
    [InlineData(VggConfiguration.A, 1.0 / 64, 32, "block5_pool:avg")]
    [InlineData(VggConfiguration.A, 0.3, 33, "block5_pool:max+block4_pool:avg+block2_conv1")]
    [InlineData(VggConfiguration.B, 0.125, 45, "block5_pool")]
    [InlineData(VggConfiguration.C, 0.25, 47, "block3_conv3+block3_pool:avg+block5_pool:avg")]
    [InlineData(VggConfiguration.D, 0.5, 71, "block5_pool:avg+block5_conv3:max+block1_pool:avg")]
    [InlineData(VggConfiguration.E, 0.125, 100, "block5_conv4:avg+block5_pool:avg")]
    [InlineData(VggConfiguration.D, 0.25, 224, "block5_pool:avg")]
    [InlineData(VggConfiguration.A, 0.25, 36, "block1_conv1")]
    [InlineData(VggConfiguration.D, 0.25, 58, "block1_pool+block1_conv2:avg")]
    [InlineData(VggConfiguration.D, 0.25, 58, "block5_pool:avg:hellinger+block5_pool:avg+block4_pool:max:l2+block3_pool:hellinger")]
    public void Features_are_those_of_direct_convolution(VggConfiguration configuration, double width, int size, string layer)
    {
        foreach (bool batchNorm in new[] { false, true })
        {
            var architecture = new VggArchitecture { Configuration = configuration, WidthMultiplier = width, InputSize = size, IncludeTop = false, BatchNorm = batchNorm };
            AssertNear(RandomModels.CreateTrainable(architecture), layer, images: 3);
        }
    }

    [Theory]
    [InlineData("fc6")]
    [InlineData("fc7")]
    [InlineData("logits")]
    [InlineData("probabilities+block5_pool:avg+fc6+logits")]
    [InlineData("fc7:hellinger+logits:l2+logits:hellinger+fc7+probabilities:hellinger")]
    [InlineData("block5_pool")]
    public void Dense_layers_are_those_of_the_graph(string layer)
    {
        var architecture = new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 0.25, InputSize = 65, DenseUnits = 75, Classes = 11 };
        AssertNear(RandomModels.CreateTrainable(architecture), layer, images: 14);
    }

    [Theory]
    [InlineData(PreprocessingFamily.KerasCaffe)]
    [InlineData(PreprocessingFamily.Torchvision)]
    [InlineData(PreprocessingFamily.ZeroToOne)]
    public void Pixels_are_normalised_as_the_family_says(PreprocessingFamily family) =>
        AssertNear(RandomModels.CreateTrainable(s_small, family), "block5_pool:avg", images: 1);

    [Theory]
    [InlineData(TensorType.Float16)]
    [InlineData(TensorType.BFloat16)]
    public void Weights_in_half_precision_are_widened(TensorType type) =>
        AssertNear(RandomModels.CreateTrainable(s_small, type: type), "block5_pool:avg", images: 1);

    [Theory]
    [InlineData(PreprocessingFamily.Torchvision, TensorType.Float32, false, "block4_pool:avg")]
    [InlineData(PreprocessingFamily.KerasCaffe, TensorType.Float16, false, "block5_pool:avg+block4_pool:max")]
    [InlineData(PreprocessingFamily.Torchvision, TensorType.BFloat16, false, "fc6")]
    [InlineData(PreprocessingFamily.ZeroToOne, TensorType.Float32, true, "fc7")]
    public void A_saved_graph_gives_the_bits_of_its_model(PreprocessingFamily family, TensorType type, bool batchNorm, string layer)
    {
        var architecture = new VggArchitecture { Configuration = VggConfiguration.C, WidthMultiplier = 0.125, InputSize = 40, DenseUnits = 30, Classes = 4, BatchNorm = batchNorm };
        using VggModel model = RandomModels.CreateTrainable(architecture, family, type);
        FeatureLayer features = FeatureLayer.Parse(layer);
        using var graph = new MemoryStream();
        OnnxModelWriter.Write(model, graph, new OnnxExportOptions { Outputs = [new OnnxOutput("features", features)] });
        var saved = new SavedGraph(graph.ToArray(), new ProtobufSource("model.onnx", "ONNX"), Position: null);

        using IFeatureNetwork expected = new WinogradNetwork(FoldedVgg.Of(model, inputSize: null), features, threads: 1);
        using IFeatureNetwork actual = saved.Open(features, new FeatureNetworkOptions { InputSize = 40, Threads = 1, Algorithm = ConvolutionAlgorithm.Winograd });

        Assert.IsType<WinogradNetwork>(actual);
        Assert.Equal(Run(expected), Run(actual));

        static float[] Run(IFeatureNetwork network)
        {
            float[] features = new float[2 * network.Dimension];
            network.Run(Pixels(2, network.InputSize), 2, features, TestContext.Current.CancellationToken);
            return features;
        }
    }

    [Fact]
    public void Network_without_its_fifth_pool_and_hidden_layers_is_computed()
    {
        var architecture = new VggArchitecture { Configuration = VggConfiguration.D, WidthMultiplier = 0.125, InputSize = 32, FifthPool = false, HiddenDenseLayers = 0, Classes = 3 };
        AssertNear(RandomModels.CreateTrainable(architecture), "logits+block5_conv3:avg", images: 2);
    }

    [Fact]
    public void Bits_are_the_same_in_any_batch()
    {
        using VggModel model = RandomModels.CreateTrainable(s_small);
        using var backbone = new WinogradNetwork(FoldedVgg.Of(model, inputSize: 130), FeatureLayer.Parse("block5_pool:avg+block4_pool"), threads: 1);
        const int Images = 19;
        byte[] pixels = Pixels(Images, 130);
        float[] alone = new float[Images * backbone.Dimension];
        int bytes = pixels.Length / Images;
        for (int i = 0; i < Images; i++)
        {
            backbone.Run(pixels.AsMemory(i * bytes, bytes), 1, alone.AsMemory(i * backbone.Dimension, backbone.Dimension), TestContext.Current.CancellationToken);
        }

        foreach (int batch in new[] { 3, 8, Images })
        {
            float[] together = new float[alone.Length];
            for (int first = 0; first < Images; first += batch)
            {
                int count = Math.Min(batch, Images - first);
                backbone.Run(pixels.AsMemory(first * bytes, count * bytes), count, together.AsMemory(first * backbone.Dimension, count * backbone.Dimension), TestContext.Current.CancellationToken);
            }

            Assert.Equal(alone, together);
        }
    }

    [Theory]
    [InlineData(VggConfiguration.D, 130, 1)]
    [InlineData(VggConfiguration.C, 36, 3)]
    [InlineData(VggConfiguration.A, 65, 14)]
    public void Bits_are_the_same_where_threads_share_layers(VggConfiguration configuration, int size, int images)
    {
        var architecture = new VggArchitecture { Configuration = configuration, WidthMultiplier = 0.5, InputSize = size, DenseUnits = 300, Classes = 11 };
        using VggModel model = RandomModels.CreateTrainable(architecture);
        byte[] pixels = Pixels(images, size);
        float[] expected = Run(1);
        foreach (int threads in new[] { 2, 3, 4, 7, 16 })
        {
            Assert.Equal(expected, Run(threads));
        }

        float[] Run(int threads)
        {
            using var backbone = new WinogradNetwork(FoldedVgg.Of(model, inputSize: null), FeatureLayer.Parse("fc7+block5_pool+block2_pool:avg"), threads);
            float[] features = new float[images * backbone.Dimension];
            backbone.Run(pixels, images, features, TestContext.Current.CancellationToken);
            return features;
        }
    }

    [Fact]
    public void Runs_at_the_same_time_give_each_its_own()
    {
        using VggModel model = RandomModels.CreateTrainable(s_small);
        using var backbone = new WinogradNetwork(FoldedVgg.Of(model, inputSize: null), FeatureLayer.Parse("block5_pool"), threads: 4);
        byte[][] pixels = [.. Enumerable.Range(1, 6).Select(images => Pixels(images, 50))];
        float[][] expected = [.. pixels.Select(Run)];
        Parallel.For(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i => Assert.Equal(expected[i % 6], Run(pixels[i % 6])));

        float[] Run(byte[] pixels)
        {
            int images = pixels.Length / (50 * 50 * 3);
            float[] features = new float[images * backbone.Dimension];
            backbone.Run(pixels, images, features, TestContext.Current.CancellationToken);
            return features;
        }
    }

    [Fact]
    public void Bits_are_the_same_on_any_number_of_threads()
    {
        using var folder = new TemporaryFolder();
        string[] paths = [.. folder.AddClass("a", 7, colour: 0), .. folder.AddClass("b", 6, colour: 1)];
        using VggModel model = RandomModels.CreateTrainable(s_small);
        float[][] expected = Extract(batchSize: 1, threads: 1);
        Assert.Equal(expected, Extract(batchSize: 8, threads: 1));
        Assert.Equal(expected, Extract(batchSize: 8, threads: 2));
        Assert.Equal(expected, Extract(batchSize: 3, threads: 2));

        float[][] Extract(int batchSize, int threads)
        {
            using var extractor = new FeatureExtractor(model, new FeatureExtractorOptions
            {
                BatchSize = batchSize,
                Threads = threads,
                Parallelism = FeatureParallelism.Images,
                Algorithm = ConvolutionAlgorithm.Winograd,
            });
            return [.. extractor.ExtractAll(paths, TestContext.Current.CancellationToken).Select(features => features.Values!)];
        }
    }

    [Fact]
    public void Run_ends_when_it_is_cancelled()
    {
        using VggModel model = RandomModels.CreateTrainable(s_small);
        using var backbone = new WinogradNetwork(FoldedVgg.Of(model, inputSize: null), FeatureLayer.Parse("block5_pool:avg"), threads: 1);
        byte[] pixels = Pixels(2, 50);
        float[] features = new float[2 * backbone.Dimension];
        Assert.Throws<OperationCanceledException>(() => backbone.Run(pixels, 2, features, new CancellationToken(canceled: true)));

        // What was cut off leaves nothing behind.
        float[] again = new float[features.Length];
        backbone.Run(pixels, 2, features, TestContext.Current.CancellationToken);
        using var fresh = new WinogradNetwork(FoldedVgg.Of(model, inputSize: null), FeatureLayer.Parse("block5_pool:avg"), threads: 1);
        fresh.Run(pixels, 2, again, TestContext.Current.CancellationToken);
        Assert.Equal(again, features);
    }

    [Fact]
    public void Algorithm_is_the_fastest_unless_it_is_given()
    {
        var options = new FeatureExtractorOptions();
        ConvolutionAlgorithm fastest = MatrixKernel.IsSupported ? ConvolutionAlgorithm.Winograd : ConvolutionAlgorithm.Direct;
        Assert.Equal(fastest, options.AlgorithmFor(96));
        Assert.Equal(ConvolutionAlgorithm.Direct, options.AlgorithmFor(95));
        Assert.Equal(fastest, (options with { Parallelism = FeatureParallelism.Images }).AlgorithmFor(32));
        Assert.Equal(ConvolutionAlgorithm.Direct, (options with { Precision = OnnxPrecision.Int8 }).AlgorithmFor(224));
        Assert.Equal(ConvolutionAlgorithm.Direct, (options with { Algorithm = ConvolutionAlgorithm.Direct }).AlgorithmFor(224));
        ArgumentException refused = Assert.Throws<ArgumentException>(() => (options with { Algorithm = ConvolutionAlgorithm.Winograd, Precision = OnnxPrecision.Int8 }).Validate());
        Assert.StartsWith("Algorithm is Winograd, which computes in Float32 alone, and Precision is Int8; leave one of them out.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Model_that_doesnt_fit_is_refused_as_the_graph_refuses_it()
    {
        using VggModel unknown = RandomModels.CreateTrainable(s_small, family: null);
        using VggModel dense = RandomModels.CreateTrainable(RandomModels.Tiny);
        Assert.Contains("normalised", Assert.Throws<ArgumentException>(() => new WinogradNetwork(FoldedVgg.Of(unknown, null), FeatureLayer.Parse("block5_pool"), 1)).Message, StringComparison.Ordinal);
        Assert.Contains("need an input of 32 pixels", Assert.Throws<ArgumentException>(() => new WinogradNetwork(FoldedVgg.Of(dense, 64), FeatureLayer.Fc7, 1)).Message, StringComparison.Ordinal);
        Assert.Throws<FeatureLayerNotFoundException>(() => new WinogradNetwork(FoldedVgg.Of(unknown.WithPreprocessing(PreprocessingFamily.ZeroToOne), null), FeatureLayer.Fc7, 1));
        Assert.Throws<FeatureLayerNotFoundException>(() => new VggBackbone(unknown).Open(new FeatureNetworkOptions { Layer = FeatureLayer.Fc7 }));
    }

    private static void AssertNear(VggModel model, string layer, int images)
    {
        FeatureLayer features = FeatureLayer.Parse(layer);
        using var backbone = new WinogradNetwork(FoldedVgg.Of(model, inputSize: null), features, threads: 1);
        using var session = OnnxNetwork.Create(model, new OnnxExportOptions { Outputs = [new OnnxOutput("features", features)] }, threads: 1);
        Assert.Equal(session.Dimension, backbone.Dimension);
        Assert.Equal(session.InputSize, backbone.InputSize);
        byte[] pixels = Pixels(images, backbone.InputSize);
        float[] expected = new float[images * session.Dimension];
        float[] actual = new float[expected.Length];
        session.Run(pixels, images, expected, TestContext.Current.CancellationToken);
        backbone.Run(pixels, images, actual, TestContext.Current.CancellationToken);

        // Place by place: the largest value of one may be far above all values of another.
        foreach ((float[] theirs, float[] ours) in Places(expected).Zip(Places(actual)))
        {
            float largest = theirs.Max(Math.Abs);
            Assert.True(largest > 0, "Nothing is compared where everything is 0.");
            Near.Assert([.. theirs.Select(value => value / largest)], [.. ours.Select(value => value / largest)], 2e-5, layer);
        }

        model.Dispose();

        IEnumerable<float[]> Places(float[] vectors)
        {
            int start = 0;
            VggArchitecture architecture = model.Architecture;
            for (int image = 0; image < images; image++)
            {
                foreach (FeatureSource source in features.Sources)
                {
                    int length = new FeatureLayer([source]).Dimension(architecture);
                    float[] place = vectors[start..(start + length)];

                    // A root makes the difference of two small values large, and its square takes that back.
                    yield return source.Normalization == FeatureNormalization.Hellinger ? [.. place.Select(value => value * Math.Abs(value))] : place;
                    start += length;
                }
            }
        }
    }

    private static byte[] Pixels(int images, int size)
    {
        byte[] pixels = new byte[images * size * size * 3];
        new Random(images).NextBytes(pixels);
        return pixels;
    }
}
