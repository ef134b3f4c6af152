using VggTransfer.Architectures;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Onnx;
using VggTransfer.Weights;

namespace VggTransfer.Tests.Keras.Vgg;

/// <summary>Oracles: the same weights back, positions worked by hand, and ONNX Runtime on the exported file.</summary>
public sealed class VggConversionTests
{
    private static readonly VggArchitecture s_small = RandomModels.Tiny with { WidthMultiplier = 1.0 / 16, DenseUnits = 6, Classes = 3 };

    public static TheoryData<VggArchitecture> Variants =>
    [
        s_small,
        s_small with { BatchNorm = true },
        s_small with { BatchNorm = true, BatchNormEpsilon = 1e-3, FifthPool = false, Dropout = 0 },
        s_small with { InputSize = 64, HiddenDenseLayers = 1, Configuration = VggConfiguration.C },
        s_small with { HiddenDenseLayers = 0, DenseUnits = 4096, Dropout = 0 },
        s_small with { IncludeTop = false, DenseUnits = 4096, Classes = 1000, Dropout = 0 },
    ];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Weights_go_into_a_model_and_come_back_bit_for_bit(VggArchitecture architecture)
    {
        using VggModel weights = RandomModels.Create(architecture);
        foreach (SummaryStyle naming in Enum.GetValues<SummaryStyle>())
        {
            using Model model = Applications.Vgg(architecture, new VggModelOptions { Naming = naming });
            Assert.Empty(model.LoadWeights(weights));
            using VggModel back = model.ToVggModel();
            RandomModels.AssertSameTensors(weights, back);
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void An_exported_network_computes_what_the_model_does(VggArchitecture architecture)
    {
        using VggModel weights = RandomModels.CreateTrainable(architecture);
        using Model model = Applications.Vgg(architecture);
        model.LoadWeights(weights);
        int side = architecture.InputSize;
        float[] pixels = new Random(3).GetItems<float>([-1, -0.5f, 0, 0.25f, 0.5f, 1], 2 * side * side * 3);
        float[] expected = model.PredictOnBatch(NDArray.From(pixels, 2, side, side, 3)).ToSingles();

        using var folder = new TemporaryFolder();
        foreach (string name in new[] { "m.onnx", "m.safetensors" })
        {
            using (VggModel exported = model.ToVggModel())
            {
                WeightsFile.Write(exported, folder.File(name), cancellationToken: TestContext.Current.CancellationToken);
            }

            using WeightsContent content = WeightsFile.Read(folder.File(name));
            float[] actual = OnnxRun.RunTo(content.Model, architecture.IncludeTop ? "logits" : "block5_pool", ToPlanes(pixels, 2, side, side, 3));
            Near.Assert(expected, architecture.IncludeTop ? actual : ToInterleaved(actual, 2, model.OutputShape), 1e-4, name);
        }
    }

    [Fact]
    public void Kernels_and_the_flattened_map_are_laid_out_anew()
    {
        // A map of 2x2x32 in front of one dense layer; every weight says where it stands.
        VggArchitecture architecture = s_small with { InputSize = 64, HiddenDenseLayers = 0, WidthMultiplier = 1.0 / 16 };
        using Model model = Applications.Vgg(architecture, new VggModelOptions { Naming = SummaryStyle.Applications });
        NDArray Numbered(string name) => NDArray.From(Enumerable.Range(0, model.GetWeight(name).Count).Select(i => (float)i).ToArray(), [.. model.GetWeight(name).Shape]);
        model.SetWeight("block2_conv1/kernel", Numbered("block2_conv1/kernel"));
        model.SetWeight("predictions/kernel", Numbered("predictions/kernel"));

        using VggModel converted = model.ToVggModel();

        // (h, w, in, out) = (3, 3, 4, 8) to (out, in, h, w): element (5, 2, 1, 0) is Keras's (1, 0, 2, 5).
        ModelTensor kernel = converted.Tensors["features.3.weight"];
        Assert.Equal([8, 4, 3, 3], kernel.Shape);
        Assert.Equal((((((1 * 3) + 0) * 4) + 2) * 8) + 5, kernel.ToSingles()[(((((5 * 4) + 2) * 3) + 1) * 3) + 0]);

        // (h, w, channel) to (channel, h, w): input of channel 7 at (1, 0) is Keras's row (1 * 2 + 0) * 32 + 7.
        ModelTensor dense = converted.Tensors["classifier.0.weight"];
        Assert.Equal([3, 128], dense.Shape);
        Assert.Equal(((((1 * 2) + 0) * 32 + 7) * 3) + 2, dense.ToSingles()[(2 * 128) + (7 * 4) + (1 * 2) + 0]);
    }

    [Fact]
    public void Any_spelling_of_a_VGG_is_recognised()
    {
        int[] widths = [4, 8, 16, 16, 32, 32, 32, 32];
        int[] pools = [0, 1, 3, 5, 7];
        var layers = new List<Layer> { new Input((32, 32, 3)), new Rescaling(1.0 / 255) };
        for (int i = 0; i < widths.Length; i++)
        {
            layers.Add(new Conv2D(widths[i], (3, 3), padding: "same", useBias: false));
            layers.Add(new BatchNormalization(epsilon: 2e-3));
            layers.Add(i % 2 == 0 ? new ReLU() : new Activation("relu"));
            if (pools.Contains(i))
            {
                layers.Add(new MaxPooling2D(padding: i == 0 ? "same" : "valid"));
            }
        }

        layers.AddRange([new GlobalAveragePooling2D(), new Dense(6), new ReLU(), new Dropout(0.25), new Dense(3), new Softmax()]);
        using var model = new Sequential(layers);

        using VggModel converted = model.ToVggModel(labels: ["a", "b", "c"], provenance: new ModelProvenance { Authors = "us" });

        Assert.Equal(s_small with { BatchNorm = true, BatchNormEpsilon = 2e-3, HiddenDenseLayers = 1, Dropout = 0.25 }, converted.Architecture);
        Assert.Equal(PreprocessingFamily.ZeroToOne, converted.Preprocessing);
        Assert.Equal(["a", "b", "c"], converted.Labels!);
        Assert.Equal("us", converted.Provenance.Authors);
        Assert.All(converted.Tensors["features.0.bias"].ToSingles(), bias => Assert.Equal(0, bias));
    }

    [Fact]
    public void A_model_within_a_model_is_followed()
    {
        using var model = new Sequential
        {
            Applications.Vgg(s_small with { IncludeTop = false }, new VggModelOptions { Naming = SummaryStyle.Applications }),
            new Flatten(),
            new Dense(6, "relu"),
            new Dense(3, "softmax"),
        };
        using VggModel converted = model.ToVggModel();
        Assert.Equal((1, 6, 3), (converted.Architecture.HiddenDenseLayers, converted.Architecture.DenseUnits, converted.Architecture.Classes));
        Assert.Equal(model.GetWeight("vgg11/block1_conv1/bias").ToSingles(), converted.Tensors["features.0.bias"].ToSingles());
    }

    [Fact]
    public void What_is_no_VGG_is_refused_by_the_name_of_its_layer()
    {
        string Refusal(params Layer[] layers)
        {
            using var model = new Sequential(layers, "own");
            return Assert.Throws<NotSupportedException>(() => model.ToVggModel()).Message;
        }

        Conv2D Convolution(string? activation = "relu", int stride = 1) => new(4, (3, 3), (stride, stride), "same", activation, inputShape: (32, 32, 3), name: "first");
        Assert.Contains("first", Refusal(Convolution(stride: 2)), StringComparison.Ordinal);
        Assert.Contains("first's activation tanh", Refusal(Convolution("tanh")), StringComparison.Ordinal);
        Assert.Contains("pool", Refusal(Convolution(), new AveragePooling2D(name: "pool")), StringComparison.Ordinal);
        Assert.Contains("dense", Refusal(new Dense(2, inputShape: [3])), StringComparison.Ordinal);
        Assert.Contains("scale", Refusal(new Rescaling(2, inputShape: (32, 32, 3), name: "scale"), Convolution()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_head_that_no_VGG_has_is_left_out_only_if_that_is_asked_for()
    {
        using var model = new Sequential
        {
            Applications.Vgg(s_small with { IncludeTop = false }, new VggModelOptions { Naming = SummaryStyle.Applications }),
            new Flatten(),
            new Dense(6, "relu"),
            new Dense(5, "relu"),
            new Dense(3),
        };
        string message = Assert.Throws<NotSupportedException>(() => model.ToVggModel()).Message;
        Assert.Contains("different widths", message, StringComparison.Ordinal);
        Assert.Contains("includeTop: false", message, StringComparison.Ordinal);
        using VggModel converted = model.ToVggModel(includeTop: false);
        Assert.False(converted.Architecture.IncludeTop);
    }

    [Fact]
    public void Facts_that_contradict_the_model_are_refused()
    {
        using Model model = Applications.Vgg(s_small);
        Assert.Throws<ArgumentException>("labels", () => model.ToVggModel(labels: ["a"]));
        using var rescaled = new Sequential { new Rescaling(1.0 / 255, inputShape: (32, 32, 3)), Applications.Vgg(s_small) };
        Assert.Throws<ArgumentException>("preprocessing", () => rescaled.ToVggModel(PreprocessingFamily.Torchvision));
    }

    [Fact]
    public void Into_another_head_only_the_layers_of_the_same_size_are_loaded()
    {
        using VggModel weights = RandomModels.Create(s_small);
        using Model other = Applications.Vgg(s_small with { Classes = 5 });
        float[] before = other.GetWeight("dense_2/kernel").ToSingles();
        Assert.Equal(["dense_2"], other.LoadWeights(weights));
        Assert.Equal(weights.Tensors["classifier.0.bias"].ToSingles(), other.GetWeight("dense/bias").ToSingles());
        Assert.Equal(before, other.GetWeight("dense_2/kernel").ToSingles());

        using VggModel convolutions = RandomModels.Create(s_small with { IncludeTop = false });
        Assert.Equal(["dense", "dense_1", "dense_2"], other.LoadWeights(convolutions));
    }

    [Fact]
    public void Weights_of_another_network_are_refused_and_nothing_is_replaced()
    {
        using VggModel weights = RandomModels.Create(s_small with { BatchNorm = true });
        string Refusal(Model model)
        {
            using (model)
            {
                float[] before = model.GetWeights()[0].ToSingles();
                string message = Assert.Throws<ArgumentException>(() => model.LoadWeights(weights)).Message;
                Assert.Equal(before, model.GetWeights()[0].ToSingles());
                return message;
            }
        }

        Assert.Contains("10 convolutions", Refusal(Applications.Vgg(s_small with { BatchNorm = true, Configuration = VggConfiguration.B })), StringComparison.Ordinal);
        Assert.Contains("no batch norm stands behind 'conv2d'", Refusal(Applications.Vgg(s_small)), StringComparison.Ordinal);
        Assert.Contains("'conv2d'", Refusal(Applications.Vgg(s_small with { BatchNorm = true, WidthMultiplier = 1.0 / 32 })), StringComparison.Ordinal);
        Assert.Contains("epsilon 0.001", Refusal(Applications.Vgg(s_small with { BatchNorm = true, BatchNormEpsilon = 1e-3 })), StringComparison.Ordinal);
    }

    private static float[] ToPlanes(float[] values, int count, int height, int width, int channels)
    {
        float[] planes = new float[values.Length];
        int places = height * width;
        for (int i = 0; i < values.Length; i++)
        {
            (int image, int rest) = Math.DivRem(i, places * channels);
            (int place, int channel) = Math.DivRem(rest, channels);
            planes[(((image * channels) + channel) * places) + place] = values[i];
        }

        Assert.Equal(count * places * channels, values.Length);
        return planes;
    }

    /// <summary>The other way round is the same with channels and places exchanged.</summary>
    private static float[] ToInterleaved(float[] planes, int count, IReadOnlyList<int> shape) => ToPlanes(planes, count, shape[2], 1, shape[0] * shape[1]);
}
