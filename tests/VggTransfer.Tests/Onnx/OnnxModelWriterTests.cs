using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Onnx;

/// <summary>Oracle: <see cref="ReferenceNetwork"/>, the definitions of the layers.</summary>
public sealed class OnnxModelWriterTests
{
    private const double Tolerance = 1e-4;

    private static readonly bool[] s_either = [true, false];

    public static TheoryData<VggConfiguration, bool, bool, bool> Architectures => new(
        from configuration in Enum.GetValues<VggConfiguration>()
        from batchNorm in s_either
        from fifthPool in s_either
        from top in s_either
        select new TheoryDataRow<VggConfiguration, bool, bool, bool>(configuration, batchNorm, fifthPool, top));

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Every_layer_of_every_architecture_comes_out_as_defined(VggConfiguration configuration, bool batchNorm, bool fifthPool, bool top)
    {
        var architecture = new VggArchitecture
        {
            Configuration = configuration,
            BatchNorm = batchNorm,
            BatchNormEpsilon = 1e-3,
            FifthPool = fifthPool,
            IncludeTop = top,
            WidthMultiplier = 1.0 / 32,
            InputSize = 32,
            DenseUnits = 5,
            Classes = 4,
        };
        VggModel model = RandomModels.CreateTrainable(architecture);
        OnnxOutput[] outputs = [.. Places(architecture).Select((layer, i) => new OnnxOutput($"o{i}", layer))];
        using var run = new OnnxRun(model, new OnnxExportOptions { Input = OnnxInput.Normalized, Outputs = outputs });
        float[] input = Gaussian(3 * 32 * 32);
        Dictionary<string, float[]> expected = ReferenceNetwork.Run(model, input);

        Dictionary<string, float[]> actual = run.Run(input, 1);

        foreach (OnnxOutput output in outputs)
        {
            Near.Assert([.. output.Layer.Sources.SelectMany(source => Expected(expected, source))], actual[output.Name], Tolerance, output.Layer.ToString());
            Assert.Equal([-1, output.Layer.Dimension(architecture)], run.Session.OutputMetadata[output.Name].Dimensions);
        }
    }

    [Theory]
    [InlineData(OnnxInput.Pixels)]
    [InlineData(OnnxInput.Normalized)]
    public void Batch_of_three_gives_the_rows_of_three_batches_of_one(OnnxInput kind)
    {
        var architecture = new VggArchitecture { Configuration = VggConfiguration.B, BatchNorm = true, WidthMultiplier = 1.0 / 32, InputSize = 64, DenseUnits = 6, Classes = 3 };
        FeatureLayer[] layers = [FeatureLayer.Parse("block4_pool:avg+fc7"), FeatureLayer.Parse("probabilities")];
        using var run = new OnnxRun(RandomModels.CreateTrainable(architecture), new OnnxExportOptions { Input = kind, Outputs = [.. layers.Select(layer => new OnnxOutput(layer.ToString(), layer))] });
        const int length = 3 * 64 * 64;

        Check(kind == OnnxInput.Pixels
            ? (first, count) => run.Run(Pixels(3 * length)[(first * length)..((first + count) * length)], count)
            : (first, count) => run.Run(Gaussian(3 * length)[(first * length)..((first + count) * length)], count));

        void Check(Func<int, int, Dictionary<string, float[]>> evaluate)
        {
            Dictionary<string, float[]> together = evaluate(0, 3);
            for (int i = 0; i < 3; i++)
            {
                foreach ((string name, float[] row) in evaluate(i, 1))
                {
                    Near.Assert(row, together[name].AsSpan(i * row.Length, row.Length), 1e-5, name);
                }
            }
        }
    }

    [Theory]
    [InlineData(PreprocessingFamily.KerasCaffe, false)]
    [InlineData(PreprocessingFamily.KerasCaffe, true)]
    [InlineData(PreprocessingFamily.Torchvision, false)]
    [InlineData(PreprocessingFamily.Torchvision, true)]
    [InlineData(PreprocessingFamily.ZeroToOne, false)]
    [InlineData(PreprocessingFamily.ZeroToOne, true)]
    public void Pixels_give_what_normalised_pixels_give_by_definition(PreprocessingFamily family, bool batchNorm)
    {
        var architecture = new VggArchitecture { Configuration = VggConfiguration.A, BatchNorm = batchNorm, WidthMultiplier = 1.0 / 32, InputSize = 32, IncludeTop = false };
        VggModel model = RandomModels.CreateTrainable(architecture, family);
        OnnxOutput[] outputs = [new("first", FeatureLayer.Parse("block1_conv1")), new("last", FeatureLayer.Parse("block5_pool"))];
        using var run = new OnnxRun(model, new OnnxExportOptions { Outputs = outputs });
        byte[] pixels = Pixels(3 * 32 * 32);
        float[] normalized = new float[pixels.Length];
        ChannelNormalization.For(family).Normalize(pixels, normalized, inPlanes: true);
        Dictionary<string, float[]> expected = ReferenceNetwork.Run(model, normalized);

        Dictionary<string, float[]> actual = run.Run(pixels, 1);

        // Of the padding, too: a mean folded into the bias would show at the borders.
        Near.Assert(expected["block1_conv1"], actual["first"], Tolerance, "first");
        Near.Assert(expected["block5_pool"], actual["last"], Tolerance, "last");
        Assert.Equal([-1, 32, 32, 3], run.Session.InputMetadata["pixels"].Dimensions);
    }

    [Theory]
    [InlineData(TensorType.Float16)]
    [InlineData(TensorType.BFloat16)]
    public void Weights_of_16_bits_are_computed_as_their_stored_values_widened(TensorType type)
    {
        var architecture = new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 32, InputSize = 32, DenseUnits = 5, Classes = 4 };
        VggModel model = RandomModels.CreateTrainable(architecture, type: type);
        using var run = new OnnxRun(model, new OnnxExportOptions { Input = OnnxInput.Normalized });
        float[] input = Gaussian(3 * 32 * 32);

        Near.Assert(ReferenceNetwork.Run(model, input)["predictions"], run.Run(input, 1)["logits"], Tolerance);
    }

    [Fact]
    public void Half_precision_weights_stay_half_as_large_in_the_file()
    {
        var architecture = new VggArchitecture { WidthMultiplier = 0.25, InputSize = 32, IncludeTop = false };
        using var half = new MemoryStream();
        using var single = new MemoryStream();

        OnnxModelWriter.Write(RandomModels.CreateTrainable(architecture, type: TensorType.Float16), half);
        OnnxModelWriter.Write(RandomModels.CreateTrainable(architecture), single);

        Assert.InRange((double)half.Length / single.Length, 0.5, 0.52);
    }

    [Fact]
    public void Metadata_come_back_from_the_file()
    {
        var architecture = new VggArchitecture { Configuration = VggConfiguration.E, BatchNorm = true, WidthMultiplier = 1.0 / 64, InputSize = 64, DenseUnits = 3, Classes = 2 };
        VggModel plain = RandomModels.CreateTrainable(architecture);
        var model = new VggModel(architecture, plain.Tensors.Values)
        {
            Preprocessing = PreprocessingFamily.Torchvision,
            Labels = ["Käse", "\"牛\""],
            Provenance = new ModelProvenance { Name = "n", Authors = "a", Licence = "CC BY 4.0" },
            ActivationRanges = new Dictionary<string, ActivationRange> { ["block1_conv1"] = new(0, 3.5f) },
        };
        using var run = new OnnxRun(model, new OnnxExportOptions());

        ModelMetadata metadata = ModelMetadata.Parse(run.Session.ModelMetadata.CustomMetadataMap, "m.onnx", "ONNX");

        Assert.Equal(model.Architecture, metadata.Architecture);
        Assert.Equal(model.Preprocessing, metadata.Preprocessing);
        Assert.Equal(model.Labels, metadata.Labels);
        Assert.Equal(model.Provenance, metadata.Provenance);
        Assert.Equal(model.ActivationRanges, metadata.ActivationRanges);
        Assert.Equal("VggTransfer", run.Session.ModelMetadata.ProducerName);
        Assert.Equal(architecture.DisplayName, run.Session.ModelMetadata.GraphName);
    }

    [Fact]
    public void Layer_that_the_network_lacks_is_refused_with_advice()
    {
        VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny with { IncludeTop = false });

        FeatureLayerNotFoundException dense = Assert.Throws<FeatureLayerNotFoundException>(() => Write(model, "fc7"));
        FeatureLayerNotFoundException map = Assert.Throws<FeatureLayerNotFoundException>(() => Write(model, "block3_conv4"));

        Assert.Equal("fc7", dense.LayerName);
        Assert.Contains("block5_pool:avg", dense.Message, StringComparison.Ordinal);
        Assert.Contains("block1_pool", map.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("fc7", map.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_preprocessing_is_refused_only_where_it_matters()
    {
        VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny, family: null);

        ArgumentException exception = Assert.Throws<ArgumentException>(() => Write(model, "fc7"));
        using var normalized = new OnnxRun(model, new OnnxExportOptions { Input = OnnxInput.Normalized });

        Assert.Contains("how pixels must be normalised", exception.Message, StringComparison.Ordinal);
        Assert.Equal([-1, 3, 32, 32], normalized.Session.InputMetadata["input"].Dimensions);
    }

    [Fact]
    public void Another_input_size_is_for_networks_without_dense_part()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => OnnxModelWriter.Write(RandomModels.CreateTrainable(RandomModels.Tiny), Stream.Null, new OnnxExportOptions { InputSize = 64 }));
        using var run = new OnnxRun(RandomModels.CreateTrainable(RandomModels.Tiny with { IncludeTop = false }), new OnnxExportOptions { InputSize = 96, Outputs = [new("f", FeatureLayer.Parse("block5_pool"))] });

        Assert.Contains("need an input of 32 pixels, and 64 was asked for", exception.Message, StringComparison.Ordinal);
        Assert.Equal([-1, 8 * 3 * 3], run.Session.OutputMetadata["f"].Dimensions);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Default_output_of_a_network_without_dense_part_is_the_average_of_its_last_map(bool fifthPool, bool batchNorm)
    {
        VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny with { IncludeTop = false, FifthPool = fifthPool, BatchNorm = batchNorm });
        string name = fifthPool ? "block5_pool:avg" : "block5_conv2:avg";
        using var byDefault = new OnnxRun(model, new OnnxExportOptions());
        using var byName = new OnnxRun(model, new OnnxExportOptions { Outputs = [new("features", FeatureLayer.Parse(name))] });
        byte[] pixels = Pixels(3 * 32 * 32);

        Assert.Equal(byName.Run(pixels, 1)["features"], byDefault.Run(pixels, 1)["features"]);
        Assert.Equal(name, FeatureExtractor.DefaultLayer(model).ToString());
    }

    [Theory]
    [InlineData(0, "block5_pool:avg")]
    [InlineData(1, "fc7")]
    [InlineData(3, "fc7")]
    public void Default_features_exist_for_any_number_of_hidden_dense_layers(int hidden, string expected)
    {
        VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny with { HiddenDenseLayers = hidden, DenseUnits = 6 });
        FeatureLayer layer = FeatureExtractor.DefaultLayer(model);
        using var run = new OnnxRun(model, new OnnxExportOptions { Input = OnnxInput.Normalized, Outputs = [new("f", layer), new("logits", FeatureLayer.Parse("logits"))] });
        float[] input = Gaussian(3 * 32 * 32);
        Dictionary<string, float[]> reference = ReferenceNetwork.Run(model, input);

        Dictionary<string, float[]> actual = run.Run(input, 1);

        Assert.Equal(expected, layer.ToString());
        Near.Assert(reference["predictions"], actual["logits"], Tolerance, "logits");
        if (hidden > 0)
        {
            Near.Assert(reference[$"fc{hidden}"], actual["f"], Tolerance, "fc7");
        }
    }

    [Fact]
    public void Two_outputs_of_one_name_are_refused()
    {
        OnnxOutput output = new("f", FeatureLayer.Fc7);

        Assert.Throws<ArgumentException>(() => OnnxModelWriter.Write(RandomModels.CreateTrainable(RandomModels.Tiny), Stream.Null, new OnnxExportOptions { Outputs = [output, output] }));
    }

    /// <summary>ONNX Runtime needs shapes and axes before it maps the weights' file, and an int8 graph has such.</summary>
    [Theory]
    [InlineData(OnnxPrecision.Float32)]
    [InlineData(OnnxPrecision.Int8)]
    public void Weights_in_a_file_of_their_own_give_the_same_bits(OnnxPrecision precision)
    {
        VggArchitecture architecture = RandomModels.Tiny with { WidthMultiplier = 0.125 };
        VggModel model = RandomModels.CreateTrainable(architecture).WithActivationRanges(
            architecture.Layers.Where(layer => layer.Kind is VggLayerKind.Convolution or VggLayerKind.Dense).ToDictionary(layer => layer.Name, _ => new ActivationRange(0, 100)));
        var options = new OnnxExportOptions { Precision = precision, Outputs = [new OnnxOutput("features", FeatureLayer.Fc7)] };
        using var folder = new TemporaryFolder();
        byte[] pixels = new byte[32 * 32 * 3];
        new Random(1).NextBytes(pixels);

        OnnxModelWriter.Write(model, folder.File("graph.onnx"), folder.File("weights"), options);

        using var inOne = new OnnxRun(model, options);
        using var inTwo = new OnnxRun(folder.File("graph.onnx"));
        Assert.Equal(inOne.Run(pixels, 1)["features"], inTwo.Run(pixels, 1)["features"]);
        Assert.True(new FileInfo(folder.File("weights")).Length > 10 * new FileInfo(folder.File("graph.onnx")).Length);
    }

    private static void Write(VggModel model, string layer) =>
        OnnxModelWriter.Write(model, Stream.Null, new OnnxExportOptions { Outputs = [new OnnxOutput("features", FeatureLayer.Parse(layer))] });

    /// <summary>Everything that can be read, each by itself, and two things joined.</summary>
    private static IEnumerable<FeatureLayer> Places(VggArchitecture architecture)
    {
        foreach (VggLayer layer in architecture.Layers.Where(layer => layer.Kind is VggLayerKind.MaxPooling or VggLayerKind.Convolution))
        {
            yield return FeatureLayer.Parse(layer.Name);
            yield return FeatureLayer.Parse($"{layer.Name}:avg");
            yield return FeatureLayer.Parse($"{layer.Name}:max");
        }

        yield return FeatureLayer.Parse("block4_pool:max+block2_pool+block4_pool:avg");
        yield return FeatureLayer.Parse("block4_pool:max:l2+block3_pool:avg:hellinger+block4_pool:max:hellinger+block4_pool:max+block2_pool:hellinger");
        if (architecture.IncludeTop)
        {
            foreach (string name in (string[])["fc6", "fc7", "logits", "probabilities", "fc7+block1_pool:avg+probabilities", "fc7:l2+logits:hellinger+logits:l2+probabilities:hellinger"])
            {
                yield return FeatureLayer.Parse(name);
            }
        }
    }

    private static float[] Expected(Dictionary<string, float[]> outputs, FeatureSource source)
    {
        if (source.Normalization == FeatureNormalization.None)
        {
            return ExpectedRaw(outputs, source);
        }

        double[] values = [.. ExpectedRaw(outputs, source).Select(value => source.Normalization == FeatureNormalization.L2 ? value : Math.Sign(value) * Math.Sqrt(Math.Abs(value)))];
        double length = Math.Sqrt(values.Sum(value => value * value));
        return [.. values.Select(value => length == 0 ? 0 : (float)(value / length))];
    }

    private static float[] ExpectedRaw(Dictionary<string, float[]> outputs, FeatureSource source)
    {
        switch (source.LayerName)
        {
            case "fc6":
                return outputs["fc1"];
            case "fc7":
                return outputs["fc2"];
            case "logits":
                return outputs["predictions"];
            case "probabilities":
                return ReferenceNetwork.Softmax(outputs["predictions"]);
            default:
                float[] map = outputs[source.LayerName];

                // At 1/32 of the paper's width.
                int channels = Math.Min(16, 2 << (source.LayerName["block".Length] - '1'));
                IEnumerable<float[]> planes = map.Chunk(map.Length / channels);
                return source.Pooling switch
                {
                    FeaturePooling.Average => [.. planes.Select(plane => plane.Average())],
                    FeaturePooling.Maximum => [.. planes.Select(plane => plane.Max())],
                    _ => map,
                };
        }
    }

    private static float[] Gaussian(int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(_ => (float)RandomModels.Gaussian(random))];
    }

    private static byte[] Pixels(int count)
    {
        byte[] pixels = new byte[count];
        new Random(8).NextBytes(pixels);
        return pixels;
    }
}
