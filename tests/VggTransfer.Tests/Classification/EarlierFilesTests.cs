using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Similarity;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights;

namespace VggTransfer.Tests.Classification;

/// <summary>
/// Files that version 0.1.0 wrote, and what it made of two pictures. The bits are those of the processor that is named in the
/// first line; other processors add in another order.
/// </summary>
public sealed class EarlierFilesTests
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "tests", "VggTransfer.Tests", "Fixtures", "v0.1.0");
    private static readonly string[] s_expected = File.ReadAllLines(Path.Combine(s_folder, "expected.txt"));

    [Theory]
    [InlineData("pooled-fp32.zip", null)]
    [InlineData("pooled-fp32.zip", ConvolutionAlgorithm.Direct)]
    [InlineData("pooled-fp32.zip", ConvolutionAlgorithm.Winograd)]
    [InlineData("pooled-int8.zip", null)]
    [InlineData("fc7-fp32.zip", null)]
    [InlineData("fc7-fp32.zip", ConvolutionAlgorithm.Direct)]
    [InlineData("fc7-fp32.zip", ConvolutionAlgorithm.Winograd)]
    public void A_model_of_0_1_0_gives_the_same_probabilities(string file, ConvolutionAlgorithm? algorithm)
    {
        Assert.SkipUnless(algorithm != ConvolutionAlgorithm.Winograd || System.Runtime.Intrinsics.X86.Fma.IsSupported, "This processor lacks AVX2 or FMA.");
        using var classifier = ImageClassifier.Load(Path.Combine(s_folder, file), new ImageClassifierOptions { Threads = 1, Algorithm = algorithm });
        string[][] lines = [.. s_expected.Select(line => line.Split(' ')).Where(parts => parts[0] == file && parts[1] == (algorithm?.ToString() ?? "fastest"))];

        Assert.Equal(2, lines.Length);
        foreach (string[] line in lines)
        {
            IReadOnlyList<ClassProbability> actual = classifier.Classify(Path.Combine(s_folder, "images", line[2])).Classes;
            string[][] expected = [.. line[3..].Select(pair => pair.Split(':'))];
            Assert.Equal(expected.Select(pair => pair[0]), actual.Select(probability => probability.Label));
            foreach ((string[] pair, ClassProbability probability) in expected.Zip(actual))
            {
                double bits = BitConverter.Int64BitsToDouble(Convert.ToInt64(pair[1], 16));
                Assert.Equal(bits, probability.Probability, s_expected[0] == $"processor {FeatureRecipe.Processor}" ? 0 : 1e-3);
            }
        }
    }

    [Fact]
    public void An_exported_graph_of_0_1_0_is_read_as_weights()
    {
        using VggModel model = WeightsFile.Read(Path.Combine(s_folder, "whole.onnx")).Model;

        Assert.Equal(
            new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 32, InputSize = 32, DenseUnits = 16, Classes = 3 },
            model.Architecture);
        Assert.Equal(PreprocessingFamily.Torchvision, model.Preprocessing);
        Assert.All(model.Tensors.Values, tensor => Assert.True(tensor.IsFinite()));
    }

    [Fact]
    public void An_index_of_0_1_0_is_asked_with_the_network_of_its_time()
    {
        using VggModel network = Rebuild();
        var index = SimilarImageIndex.Open(Path.Combine(s_folder, "photos.index"));
        using FeatureExtractor extractor = index.CreateExtractor(new VggBackbone(network));

        IReadOnlyList<SimilarImage> found = index.Find(extractor.Extract(Path.Combine(s_folder, "images", "red.png")), 2, TestContext.Current.CancellationToken);

        string[][] expected = [.. s_expected.Select(line => line.Split(' ')).Where(parts => parts[0] == "photos.index")];
        Assert.Equal(expected.Select(parts => parts[1]), found.Select(image => image.Path));
        Assert.All(expected.Zip(found), pair => Assert.Equal(double.Parse(pair.First[2], System.Globalization.CultureInfo.InvariantCulture), pair.Second.Similarity, 1e-3));
    }

    /// <summary>The network that the index was made with: drawn numbers, as the fixture was.</summary>
    private static VggModel Rebuild()
    {
        var random = new Random(1);
        var architecture = new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 32, InputSize = 32, IncludeTop = false };
        return new VggModel(architecture, architecture.Tensors.Select(specification =>
        {
            float[] values = new float[specification.ElementCount];
            double scale = specification.Shape.Count > 1 ? Math.Sqrt(2 / ((double)specification.ElementCount / specification.Shape[0])) : 0.1;
            foreach (ref float value in values.AsSpan())
            {
                value = (float)(scale * RandomModels.Gaussian(random));
            }

            return ModelTensor.FromFloat32(specification.Name, specification.Shape, values);
        }))
        {
            Preprocessing = PreprocessingFamily.Torchvision,
        };
    }
}
