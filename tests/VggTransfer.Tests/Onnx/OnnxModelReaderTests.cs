using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Onnx;

/// <summary>Oracle: ONNX Runtime, which runs the file itself, and the tensors that the file was made of.</summary>
public sealed class OnnxModelReaderTests
{
    private static readonly VggArchitecture s_architecture = RandomModels.Tiny with { InputSize = 64, DenseUnits = 5 };

    public static TheoryData<string, int> Styles => new()
    {
        { "zoo 7", 0 },
        { "zoo 12", 0 },
        { "batch norm", 0 },
        { "tf2onnx", 1 },
        { "tf2onnx, transposed kernels", 0 },
        { "Pad nodes", 0 },
        { "old Pad nodes", 0 },
        { "SAME", 0 },
        { "added biases", 0 },
        { "dynamic batch", 0 },
        { "packed floats", 0 },
        { "floats one by one", 0 },
        { "doubles", 0 },
        { "Constant nodes", 0 },
        { "half", 0 },
        { "half in int32_data", 0 },
        { "timm", 0 },
        { "adaptive pool that does nothing", 0 },
    };

    private static OnnxStyle Style(string name) => name switch
    {
        "zoo 7" => new() { OperatorSet = 7, ListsWeights = true, Dropout = 0.5f, Flatten = "Flatten" },
        "zoo 12" => new() { OperatorSet = 12, ListsWeights = true, Dropout = 0.25f, Flatten = "Reshape" },
        "tf2onnx" => new() { TensorFlow = true, Flatten = "Reshape", Softmax = true },
        "tf2onnx, transposed kernels" => new() { TensorFlow = true, Flatten = "Flatten", Storage = "transposed", AddedBiases = true },
        "Pad nodes" => new() { Padding = "Pad" },
        "old Pad nodes" => new() { Padding = "Pad", OperatorSet = 9 },
        "SAME" => new() { Padding = "auto_pad" },
        "added biases" => new() { AddedBiases = true },
        "dynamic batch" => new() { Flatten = "Dynamic" },
        "packed floats" => new() { Storage = "floats" },
        "floats one by one" => new() { Storage = "unpacked" },
        "doubles" => new() { Storage = "double" },
        "Constant nodes" => new() { Storage = "constant" },
        "half" => new() { Storage = "half" },
        "half in int32_data" => new() { Storage = "int32" },
        "timm" => new() { DenseAsConvolutions = true },
        "adaptive pool that does nothing" => new() { UselessPool = true },
        _ => new(),
    };

    [Theory]
    [MemberData(nameof(Styles))]
    public void Network_is_recognised_however_it_is_spelled(string name, int notes)
    {
        OnnxStyle style = Style(name);
        VggArchitecture architecture = s_architecture with { BatchNorm = name == "batch norm", Dropout = style.Dropout ?? 0.5 };
        using VggModel model = RandomModels.Create(architecture, style.Storage is "half" or "int32" ? TensorType.Float16 : TensorType.Float32);
        if (architecture.BatchNorm)
        {
            MakeVariancesPositive(model);
        }

        byte[] file = OnnxTestGraph.Write(model, style);
        float[] input = Input(architecture.InputSize, style.TensorFlow);

        using WeightsContent content = OnnxModelReader.Parse(file, "x.onnx");

        Assert.Equal(notes, content.Notes.Count);
        RandomModels.AssertSameTensors(model, content.Model);
        using var run = new OnnxRun(file);
        float[] expected = run.Run(input, 2).Single().Value;
        float[] actual = OnnxRun.RunTo(content.Model, style.Softmax ? "probabilities" : "logits", Input(architecture.InputSize, channelsLast: false));
        Near.Assert(expected, actual, 1e-5, name);
    }

    [Theory]
    [InlineData(TensorType.Float32)]
    [InlineData(TensorType.Float16)]
    public void Own_file_without_preprocessing_comes_back_exactly(TensorType type)
    {
        using VggModel model = RandomModels.Create(s_architecture with { Dropout = 0.1 }, type);
        using WeightsContent content = RoundTrip(Describe(model, PreprocessingFamily.Torchvision), new OnnxExportOptions { Input = OnnxInput.Normalized });

        RandomModels.AssertSameTensors(model, content.Model);
        Assert.Equal(PreprocessingFamily.Torchvision, content.Model.Preprocessing);
        Assert.Equal(["a", "b"], content.Model.Labels!);
        Assert.Equal("n", content.Model.Provenance.Name);
        Assert.Equal(new ActivationRange(-1, 2), content.Model.ActivationRanges!["fc1"]);
        Assert.Empty(content.Notes);
    }

    // The first layer stands in the file a second time, as it was.
    [Theory]
    [InlineData(PreprocessingFamily.KerasCaffe, TensorType.Float32)]
    [InlineData(PreprocessingFamily.Torchvision, TensorType.Float32)]
    [InlineData(PreprocessingFamily.ZeroToOne, TensorType.Float32)]
    [InlineData(PreprocessingFamily.KerasCaffe, TensorType.Float16)]
    [InlineData(PreprocessingFamily.Torchvision, TensorType.Float16)]
    [InlineData(PreprocessingFamily.ZeroToOne, TensorType.Float16)]
    public void Own_file_for_pixels_comes_back_exactly(PreprocessingFamily family, TensorType type)
    {
        using VggModel model = RandomModels.Create(s_architecture, type);

        using WeightsContent content = RoundTrip(Describe(model, family), new OnnxExportOptions());

        RandomModels.AssertSameTensors(model, content.Model);
        Assert.Equal(family, content.Model.Preprocessing);
        Assert.Empty(content.Notes);
    }

    /// <summary>Version 0.1.0 didn't keep the first layer as it was.</summary>
    [Theory]
    [InlineData(PreprocessingFamily.Torchvision)]
    [InlineData(PreprocessingFamily.ZeroToOne)]
    public void Folded_scale_is_taken_out_to_the_last_places_and_folds_to_the_same_file(PreprocessingFamily family)
    {
        VggModel model = Describe(RandomModels.Create(s_architecture with { WidthMultiplier = 0.5 }), family);
        byte[] file = Export(model, new OnnxExportOptions());
        byte[] earlier = [.. file];
        earlier[earlier.AsSpan().IndexOf("vggtransfer_first_layer"u8)] = (byte)'x';

        using WeightsContent content = OnnxModelReader.Parse(earlier, "x.onnx");

        Assert.Contains("two units in the last place", Assert.Single(content.Notes), StringComparison.Ordinal);
        Assert.Equal(WithoutFirstLayer(file), WithoutFirstLayer(Export(content.Model, new OnnxExportOptions())));
        foreach ((string name, ModelTensor tensor) in model.Tensors)
        {
            float[] expected = tensor.ToSingles();
            float[] actual = content.Model.Tensors[name].ToSingles();
            int allowed = name == "features.0.weight" ? 2 : 0;
            Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(BitConverter.SingleToInt32Bits(pair.First) - BitConverter.SingleToInt32Bits(pair.Second)), 0, allowed));
        }
    }

    [Fact]
    public void Own_file_with_folded_batch_norm_says_so()
    {
        using VggModel model = RandomModels.Create(s_architecture with { BatchNorm = true });
        MakeVariancesPositive(model);
        using WeightsContent content = RoundTrip(Describe(model, PreprocessingFamily.KerasCaffe), new OnnxExportOptions());
        float[] input = Input(64, channelsLast: false);

        Assert.StartsWith("Batch norm was folded", Assert.Single(content.Notes), StringComparison.Ordinal);
        Assert.False(content.Model.Architecture.BatchNorm);
        Near.Assert(OnnxRun.RunTo(model, "logits", input), OnnxRun.RunTo(content.Model, "logits", input), 1e-5, "logits");
    }

    [Fact]
    public void Own_file_of_features_gives_the_convolutions()
    {
        using VggModel model = RandomModels.Create(s_architecture);
        using WeightsContent content = RoundTrip(Describe(model, PreprocessingFamily.KerasCaffe), new OnnxExportOptions
        {
            Outputs = [new OnnxOutput("f", FeatureLayer.Parse("block3_pool:avg+block5_conv2+block5_pool:avg+block5_pool:max"))],
        });

        Assert.Equal(s_architecture with { IncludeTop = false }, content.Model.Architecture);
        Assert.Null(content.Model.Labels);
        Assert.NotEmpty(content.Notes);
        Assert.All(content.Model.Tensors, pair => Assert.Equal(model.Tensors[pair.Key].Data.ToArray(), pair.Value.Data.ToArray()));
    }

    [Fact]
    public void Own_file_whose_preprocessing_was_exchanged_is_refused()
    {
        byte[] file = Export(Describe(RandomModels.Create(s_architecture), PreprocessingFamily.Torchvision), new OnnxExportOptions());
        int mean = file.AsSpan().IndexOf(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([0.485f / (1 / 255f)]));
        file[mean] ^= 1;

        var exception = Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(file, "x.onnx"));

        Assert.Equal("its graph doesn't begin with the preprocessing that its metadata name (Torchvision); it was changed after it was written, so export the model again", exception.Reason);
    }

    [Fact]
    public void Files_are_told_by_their_beginning()
    {
        byte[] file = Export(RandomModels.Create(s_architecture), new OnnxExportOptions { Input = OnnxInput.Normalized });

        Assert.True(new OnnxFormat().LooksLike(file, "model"));
        Assert.False(new OnnxFormat().LooksLike("PK\u0003\u0004"u8, "model"));
        Assert.False(new OnnxFormat().LooksLike([8, 1, 0, 0, 0, 0, 0, 0, (byte)'{'], "model"));
        Assert.False(new OnnxFormat().LooksLike([], "model"));
    }

    [Fact]
    public void A_first_layer_that_isnt_one_is_refused()
    {
        byte[] file = Export(Describe(RandomModels.Create(s_architecture), PreprocessingFamily.Torchvision), new OnnxExportOptions());
        int value = file.AsSpan().LastIndexOf("Float32 "u8);
        file[value + 8] = (byte)'?';

        Assert.Contains("'vggtransfer_first_layer' that can't be understood", Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Parse(file, "x.onnx")).Message, StringComparison.Ordinal);
    }

    /// <summary>The metadata are sorted by key, so this entry comes last.</summary>
    private static byte[] WithoutFirstLayer(byte[] file) => file[..file.AsSpan().LastIndexOf("vggtransfer_first_layer"u8)];

    /// <summary>Two images with values around zero.</summary>
    private static float[] Input(int side, bool channelsLast)
    {
        float[] input = new float[2 * 3 * side * side];
        for (int i = 0; i < input.Length; i++)
        {
            (int n, int c, int y, int x) = channelsLast
                ? (i / (3 * side * side), i % 3, i / (3 * side) % side, i / 3 % side)
                : (i / (3 * side * side), i / (side * side) % 3, i / side % side, i % side);
            input[i] = (((7 * x) + (13 * y) + (29 * c) + (5 * n) + (x * y % 31)) % 17 - 8) / 8f;
        }

        return input;
    }

    private static void MakeVariancesPositive(VggModel model)
    {
        foreach (ModelTensor tensor in model.Tensors.Values.Where(tensor => tensor.Name.EndsWith("running_var", StringComparison.Ordinal)))
        {
            Span<float> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(System.Runtime.InteropServices.MemoryMarshal.AsMemory(tensor.Data).Span);
            foreach (ref float value in values)
            {
                value = Math.Abs(value) + 0.1f;
            }
        }
    }

    private static VggModel Describe(VggModel model, PreprocessingFamily family) => new(model.Architecture, model.Tensors.Values)
    {
        Preprocessing = family,
        Labels = ["a", "b"],
        Provenance = new ModelProvenance { Name = "n" },
        ActivationRanges = new Dictionary<string, ActivationRange> { ["fc1"] = new(-1, 2) },
    };

    private static byte[] Export(VggModel model, OnnxExportOptions options)
    {
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(model, stream, options);
        return stream.ToArray();
    }

    private static WeightsContent RoundTrip(VggModel model, OnnxExportOptions options) => OnnxModelReader.Parse(Export(model, options), "x.onnx");
}
