using System.Reflection;
using VggTransfer.Architectures;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.FeatureCaching;

public sealed class FeatureRecipeTests
{
    private static readonly VggArchitecture s_architecture = new() { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 32, InputSize = 32, IncludeTop = false };

    private static readonly VggModel s_model = RandomModels.CreateTrainable(s_architecture);

    private static readonly FeatureExtractorOptions s_options = new();

    private static readonly Dictionary<string, ActivationRange> s_ranges = new() { ["block1_conv1"] = new ActivationRange(0, 1) };

    [Fact]
    public void All_that_features_follow_from_makes_another_recipe()
    {
        VggModel changed = Change("features.0.weight", s_model);
        byte[][] ids =
        [
            Id(s_model, s_options),
            Id(changed, s_options),
            Id(new VggModel(s_architecture, s_model.Tensors.Values) { Preprocessing = PreprocessingFamily.Torchvision }, s_options),
            Id(s_model.ConvertTo(TensorType.Float16), s_options),
            Id(s_model, s_options with { Layer = FeatureLayer.Parse("block4_pool:avg") }),
            Id(s_model, s_options with { InputSize = 64 }),
            Id(s_model, s_options with { Resize = ResizeRecipe.ShorterSideCrop }),
            Id(s_model, s_options with { Decoding = new ImageDecodeOptions { Orientation = ImageOrientation.AsStored } }),
            Id(s_model, s_options with { Decoding = new ImageDecodeOptions { Scale = DecodeScale.Fast } }),
            Id(s_model, s_options with { AddMirror = true }),
            Id(s_model, s_options with { Algorithm = ConvolutionAlgorithm.Winograd }),
            Id(s_model, s_options with { Precision = OnnxPrecision.Int8 }),
            Id(s_model.WithActivationRanges(s_ranges), s_options with { Precision = OnnxPrecision.Int8 }),
        ];

        Assert.Equal(ids.Length, ids.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public void What_features_dont_follow_from_makes_none()
    {
        byte[] id = Id(s_model, s_options);
        Assert.Equal(id, Id(RandomModels.CreateTrainable(s_architecture), s_options));
        Assert.Equal(id, Id(s_model, s_options with { BatchSize = 1, Threads = 1, Parallelism = FeatureParallelism.Images, Algorithm = ConvolutionAlgorithm.Direct }));
        Assert.Equal(id, Id(s_model, s_options with { Layer = FeatureLayer.Parse("block5_pool:avg"), InputSize = 32 }));
        Assert.Equal(id, Id(s_model, s_options with { Decoding = new ImageDecodeOptions { MaxBytes = 1000, MaxPixels = 1000 } }));
        Assert.Equal(id, Id(s_model.WithActivationRanges(s_ranges), s_options));
        Assert.Equal(id, Id(new VggModel(s_architecture, s_model.Tensors.Values) { Preprocessing = s_model.Preprocessing, Labels = ["a"], Provenance = new ModelProvenance { Name = "x" } }, s_options));
    }

    [Fact]
    public void Dense_layers_count_where_they_are_looked_at()
    {
        using VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny);
        using VggModel other = Change("classifier.3.weight", model);
        FeatureExtractorOptions map = new() { Layer = FeatureLayer.Parse("block5_pool:avg") };
        Assert.NotEqual(Id(model, s_options), Id(other, s_options));
        Assert.Equal(Id(model, map), Id(other, map));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Large_tensors_are_hashed_in_pieces_alike_on_any_number_of_threads(int threads)
    {
        float[] values = [.. Enumerable.Range(0, 2_500_000).Select(i => (float)i)];
        byte[] digest = WeightsDigest.Compute([ModelTensor.FromFloat32("a", [values.Length], values)], 2);
        Assert.Equal(digest, WeightsDigest.Compute([ModelTensor.FromFloat32("a", [values.Length], values)], threads));
        values[^1] = 0;
        Assert.NotEqual(digest, WeightsDigest.Compute([ModelTensor.FromFloat32("a", [values.Length], values)], threads));
    }

    [Fact]
    public void A_graph_counts_with_all_its_bytes_and_so_does_what_is_done_to_pictures()
    {
        byte[] graph = [.. Enumerable.Range(0, 9_000_000).Select(i => (byte)i)];
        byte[] digest = WeightsDigest.OfGraph(graph, 1);
        Assert.Equal(digest, WeightsDigest.OfGraph(graph, 3));
        graph[^1]++;
        byte[] other = WeightsDigest.OfGraph(graph, 1);
        byte[] Graph(byte[] network, FeatureExtractorOptions options) => FeatureRecipe.OfGraph(network, FeatureLayer.Fc7, 32, 16, options).Id;
        byte[][] ids =
        [
            Graph(digest, s_options),
            Graph(other, s_options),
            Graph(digest, s_options with { AddMirror = true }),
            Graph(digest, s_options with { Resize = ResizeRecipe.ShorterSideCrop }),
            Graph(digest, s_options with { Decoding = new ImageDecodeOptions { Scale = DecodeScale.Fast } }),
            Graph(digest, s_options with { Decoding = new ImageDecodeOptions { Orientation = ImageOrientation.AsStored } }),
        ];

        Assert.Equal(ids.Length, ids.Select(Convert.ToHexString).Distinct().Count());
        Assert.Equal(ids[0], Graph(digest, s_options with { BatchSize = 1, Threads = 1 }));
    }

    [Fact]
    public void What_is_computed_to_compare_stays_apart() =>
        Assert.NotEqual(Id(s_model, s_options), FeatureRecipe.Create(s_model, s_options, "comparison").Id);

    /// <summary>Whoever adds an option decides here, and in <see cref="FeatureRecipe"/>, whether features follow from it.</summary>
    [Fact]
    public void Every_option_is_either_in_the_recipe_or_of_no_consequence()
    {
        AssertProperties<FeatureExtractorOptions>(inRecipe: ["Layer", "InputSize", "Resize", "Decoding", "Precision", "Algorithm", "AddMirror"], ofNoConsequence: ["BatchSize", "Threads", "Parallelism"]);
        AssertProperties<ImageDecodeOptions>(inRecipe: ["Orientation", "Scale"], ofNoConsequence: ["MaxPixels", "MaxBytes"]);
        AssertProperties<VggModel>(inRecipe: ["Architecture", "Tensors", "Preprocessing", "ActivationRanges"], ofNoConsequence: ["Labels", "Provenance"]);
    }

    private static void AssertProperties<T>(string[] inRecipe, string[] ofNoConsequence) => Assert.Equal(
        inRecipe.Concat(ofNoConsequence).Order(StringComparer.Ordinal),
        typeof(T).GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Select(property => property.Name).Where(name => name != "EqualityContract").Order(StringComparer.Ordinal));

    /// <summary>The lowest bit of one number.</summary>
    private static VggModel Change(string name, VggModel model) => new(model.Architecture, model.Tensors.Values.Select(tensor =>
    {
        byte[] data = tensor.Data.ToArray();
        data[0] ^= (byte)(tensor.Name == name ? 1 : 0);
        return new ModelTensor(tensor.Name, tensor.Shape, tensor.Type, data);
    }))
    {
        Preprocessing = model.Preprocessing,
    };

    private static byte[] Id(VggModel model, FeatureExtractorOptions options) => FeatureRecipe.Create(model, options).Id;
}
