using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.TensorFlow;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Weights;

namespace VggTransfer.Tests.TensorFlowFiles;

/// <summary>Oracle: tf_keras 2.21, in shared/goldens/weights/tf_keras; for other structures, the model that was written in Keras's layouts.</summary>
public sealed class TensorFlowReaderTests : IDisposable
{
    private static readonly VggArchitecture s_tiny = RandomModels.Tiny with { InputSize = 64, WidthMultiplier = 1.0 / 32 };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("vgg16.functional.ckpt")]
    [InlineData("vgg16.functional.savedmodel")]
    public void Golden_gives_what_tf_keras_gives(string file)
    {
        string path = GoldenWeights.Path($"tf_keras/{file}");
        Assert.True(TensorFlowReader.IsAt(path));

        using WeightsContent content = TensorFlowReader.Read(path);

        GoldenWeights.AssertMatches($"tf_keras/{file}", content.Model);
        Assert.Equal(WeightsFormat.TensorFlowCheckpoint, content.Format);
        Assert.Null(content.Model.Preprocessing);
        Assert.All(content.Notes, note => Assert.StartsWith("The optimiser's state and counters (", note, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("vgg16.functional.ckpt.index")]
    [InlineData("vgg16.functional.ckpt.data-00000-of-00001")]
    [InlineData("vgg16.functional.savedmodel/variables")]
    [InlineData("vgg16.functional.savedmodel/variables/variables.index")]
    public void Checkpoint_is_found_by_any_of_its_files(string file)
    {
        string path = SharedData.Require($"goldens/weights/tf_keras/{file}");
        Assert.True(TensorFlowReader.IsAt(path));
        using WeightsContent prefix = TensorFlowReader.Read(GoldenWeights.Path("tf_keras/vgg16.functional.ckpt"));

        using WeightsContent content = TensorFlowReader.Read(path);

        RandomModels.AssertSameTensors(prefix.Model, content.Model);
    }

    public static TheoryData<VggArchitecture> Architectures =>
    [
        s_tiny,
        s_tiny with { Configuration = VggConfiguration.C, Dropout = 0 },
        s_tiny with { Configuration = VggConfiguration.E, BatchNorm = true, BatchNormEpsilon = 1e-3 },
        s_tiny with { Configuration = VggConfiguration.D, FifthPool = false, InputSize = 32 },
        s_tiny with { IncludeTop = false, InputSize = 224 },
        s_tiny with { IncludeTop = false, FifthPool = false, InputSize = 224 },
        s_tiny with { HiddenDenseLayers = 1 },
        s_tiny with { HiddenDenseLayers = 0 },
    ];

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Architecture_follows_from_layers_and_shapes(VggArchitecture architecture)
    {
        using VggModel model = RandomModels.Create(architecture);
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        writer.SetNode(root, new KerasCheckpoint(writer, model).AddLayers());
        writer.AddGraph();

        // Small blocks: keys are found across them.
        writer.Save(_folder.File("m"), entriesInBlock: 3);

        using WeightsContent content = TensorFlowReader.Read(_folder.File("m"));
        RandomModels.AssertSameTensors(WithDefaults(model), content.Model);
    }

    [Fact]
    public void Base_nested_in_a_model_is_read_with_the_head_behind_it()
    {
        using VggModel model = RandomModels.Create(s_tiny with { HiddenDenseLayers = 1 });
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        var inner = new KerasCheckpoint(writer, model) { Prefix = "layer_with_weights-0/" };
        inner.AddWeightless();
        (string, int)[] layers = inner.AddLayers(layer => layer.Block > 0);
        var outer = new KerasCheckpoint(writer, model) { Prefix = "head/" };
        outer.AddModel(layers);
        writer.SetNode(root, outer.AddLayers(layer => layer.Block == 0));
        writer.AddGraph();
        writer.Save(_folder.File("m"));

        using WeightsContent content = TensorFlowReader.Read(_folder.File("m"));

        RandomModels.AssertSameTensors(WithDefaults(model), content.Model);
        Assert.Empty(content.Notes);
    }

    [Fact]
    public void Head_that_fits_no_VGG_is_left_out_and_reported()
    {
        using VggModel model = RandomModels.Create(s_tiny with { IncludeTop = false });
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        var keras = new KerasCheckpoint(writer, model);
        keras.AddLayers();
        keras.AddWeightless();
        writer.Add("d1/kernel", [64, 5], new float[320]);
        writer.Add("d1/bias", [5], new float[5]);
        writer.Add("d2/kernel", [5, 6], new float[30]);
        writer.Add("d2/bias", [6], new float[6]);
        writer.Add("d3/kernel", [6, 2], new float[12]);
        writer.Add("d3/bias", [2], new float[2]);
        foreach (string name in new[] { "d1", "d2", "d3" })
        {
            keras.AddModel(("layer-0", writer.AddNode(("kernel", writer.AddNode($"{name}/kernel", $"{name}/kernel")), ("bias", writer.AddNode($"{name}/bias", $"{name}/bias")))));
        }

        writer.SetNode(root, keras.Children);
        writer.AddGraph();
        writer.Save(_folder.File("m"));

        using WeightsContent content = TensorFlowReader.Read(_folder.File("m"));

        RandomModels.AssertSameTensors(WithDefaults(model), new VggModel(content.Model.Architecture with { InputSize = 64 }, content.Model.Tensors.Values));
        Assert.Equal(2, content.Notes.Count);
        Assert.StartsWith("Behind the convolutions the file has a head of its own (flatten, dense 5, ReLU, dense 6, ReLU, dense 2), which was left out, because ", content.Notes[0], StringComparison.Ordinal);
        Assert.Equal("6 more entries were left out: d1/bias, d1/kernel, d2/bias, d2/kernel, d3/bias ....", content.Notes[1]);
    }

    [Fact]
    public void Model_below_another_object_is_found_and_the_optimisers_state_left_out()
    {
        using VggModel model = RandomModels.Create(s_tiny);
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        int inner = writer.AddNode(new KerasCheckpoint(writer, model) { Prefix = "model/" }.AddLayers());
        writer.SetNode(root, ("model", inner), ("optimizer", writer.AddNode()));
        foreach (string key in new[] { "optimizer/_variables/1", "save_counter", "model/layer_with_weights-0/kernel/.OPTIMIZER_SLOT/optimizer/m" })
        {
            writer.Add(key + "/.ATTRIBUTES/VARIABLE_VALUE", [3, 3, 3, 2], new float[54]);
        }

        writer.AddGraph();
        writer.Save(_folder.File("m"));

        using WeightsContent content = TensorFlowReader.Read(_folder.File("m"));

        RandomModels.AssertSameTensors(WithDefaults(model), content.Model);
        Assert.Equal(["The optimiser's state and counters (3 entries) were left out."], content.Notes);
    }

    [Theory]
    [InlineData("conv2d", "dense", "kernel", "bias")]
    [InlineData("vgg_16/conv", "vgg_16/fc", "weights", "biases")]
    public void Variables_of_TensorFlow_1_are_ordered_by_the_numbers_in_their_names(string convolution, string dense, string kernel, string bias)
    {
        // 16 convolutions: conv2d_10 must not come before conv2d_2.
        using VggModel model = RandomModels.Create(s_tiny with { Configuration = VggConfiguration.E });
        var writer = new CheckpointWriter();
        var keras = new KerasCheckpoint(writer, model);
        foreach (VggLayerKind kind in new[] { VggLayerKind.Convolution, VggLayerKind.Dense })
        {
            int number = 0;
            foreach (VggLayer layer in model.Architecture.Layers.Where(layer => layer.Kind == kind))
            {
                string name = (kind == VggLayerKind.Dense ? dense : convolution) + (number == 0 ? "" : $"_{number}");
                number++;
                foreach (TensorSpecification tensor in layer.Tensors)
                {
                    (int[] shape, float[] values) = keras.Keras(layer, model.Tensors[tensor.Name]);
                    writer.Add($"{name}/{(shape.Length > 1 ? kernel : bias)}", shape, values);
                    writer.Add($"{name}/{(shape.Length > 1 ? kernel : bias)}/Adam", shape, new float[values.Length]);
                }
            }
        }

        writer.Save(_folder.File("m"));

        using WeightsContent content = TensorFlowReader.Read(_folder.File("m"));

        RandomModels.AssertSameTensors(WithDefaults(model), content.Model);
        Assert.Equal("The file doesn't say whether a fifth pool follows the convolutions; the paper's was assumed.", content.Notes[0]);
    }

    // TF-slim's vgg_16: fc6 is a convolution over the whole map, fc7 and fc8 are of 1x1.
    [Fact]
    public void Dense_layers_written_as_convolutions_are_flattened()
    {
        using VggModel model = RandomModels.Create(s_tiny with { Configuration = VggConfiguration.D, InputSize = 224 });
        var writer = new CheckpointWriter();
        var keras = new KerasCheckpoint(writer, model);
        int dense = 6;
        foreach (VggLayer layer in model.Architecture.Layers.Where(layer => layer.Tensors.Count > 0))
        {
            string name = layer.Kind == VggLayerKind.Dense ? $"vgg_16/fc{dense++}" : $"vgg_16/conv{layer.Block}/{layer.Name.Replace("block", "conv", StringComparison.Ordinal)}";
            (int[] shape, float[] values) = keras.Keras(layer, model.Tensors[layer.Tensors[0].Name]);
            int[] asConvolution = shape.Length == 4 ? shape : dense == 7 ? [7, 7, shape[0] / 49, shape[1]] : [1, 1, .. shape];
            writer.Add(name + "/weights", asConvolution, values);
            writer.Add(name + "/biases", [shape[^1]], model.Tensors[layer.Tensors[1].Name].ToSingles());
        }

        writer.Add("global_step", [1], new float[1]);
        writer.Save(_folder.File("m"));

        using WeightsContent content = TensorFlowReader.Read(_folder.File("m"));

        RandomModels.AssertSameTensors(WithDefaults(model), content.Model);
    }

    [Theory]
    [InlineData(19, TensorType.Float16)]
    [InlineData(14, TensorType.BFloat16)]
    [InlineData(2, TensorType.Float32)]
    public void Other_number_types_are_kept_or_narrowed(int dataType, TensorType type)
    {
        using VggModel model = RandomModels.Create(s_tiny);
        using VggModel rounded = model.ConvertTo(type);
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        var shadow = new CheckpointWriter();
        var keras = new KerasCheckpoint(shadow, rounded);
        (string, int)[] children = [];
        int weighted = 0;
        foreach (VggLayer layer in model.Architecture.Layers.Where(layer => layer.Tensors.Count > 0))
        {
            List<(string, int)> variables = [];
            foreach (TensorSpecification tensor in layer.Tensors)
            {
                (int[] shape, float[] values) = keras.Keras(layer, rounded.Tensors[tensor.Name]);
                byte[] bytes = dataType == 2
                    ? [.. values.SelectMany(value => BitConverter.GetBytes((double)value))]
                    : ModelTensor.FromFloat32("x", [values.Length], values).ConvertTo(type).Data.ToArray();
                string variable = KerasCheckpoint.VariableName(layer, tensor.Name);
                writer.Add($"{weighted}/{variable}", shape, bytes, dataType);
                variables.Add((variable, writer.AddNode($"{weighted}/{variable}", $"{layer.Name}/{variable}")));
            }

            children = [.. children, ($"layer_with_weights-{weighted++}", writer.AddNode([.. variables]))];
        }

        writer.SetNode(root, children);
        writer.AddGraph();
        writer.Save(_folder.File("m"));

        using WeightsContent content = TensorFlowReader.Read(_folder.File("m"));

        RandomModels.AssertSameTensors(WithDefaults(rounded), content.Model);
    }

    [Fact]
    public void Folder_with_a_state_file_gives_the_latest_checkpoint()
    {
        using VggModel model = RandomModels.Create(s_tiny);
        var writer = new CheckpointWriter();
        int root = writer.AddNode();
        writer.SetNode(root, new KerasCheckpoint(writer, model).AddLayers());
        writer.AddGraph();
        writer.Save(_folder.File("ckpt-7"));
        File.WriteAllText(_folder.File("checkpoint"), "model_checkpoint_path: \"ckpt-7\"\nall_model_checkpoint_paths: \"ckpt-6\"\n");

        using WeightsContent content = TensorFlowReader.Read(_folder.Path);
        RandomModels.AssertSameTensors(WithDefaults(model), content.Model);

        File.WriteAllText(_folder.File("checkpoint"), "model_checkpoint_path: \"../secret\"\n");
        Assert.Equal("the folder has neither 'variables/variables.index', as a SavedModel has, nor a file 'checkpoint' that names a checkpoint in it", Assert.Throws<InvalidModelFileException>(() => TensorFlowReader.Read(_folder.Path)).Reason);
    }

    [Fact]
    public void Missing_checkpoint_is_told_apart_from_a_damaged_one()
    {
        Assert.Equal(_folder.File("no.index"), Assert.Throws<FileNotFoundException>(() => TensorFlowReader.Read(_folder.File("no"))).FileName);
        Assert.False(TensorFlowReader.IsAt(_folder.File("no")));
    }

    /// <summary>What a checkpoint doesn't say: batch norm's epsilon where there is no batch norm, and the rate of dropout.</summary>
    private static VggModel WithDefaults(VggModel model) =>
        new(model.Architecture with { BatchNormEpsilon = 1e-3, Dropout = 0.5, DenseUnits = model.Architecture is { IncludeTop: true, HiddenDenseLayers: > 0 } ? model.Architecture.DenseUnits : 4096, Classes = model.Architecture.IncludeTop ? model.Architecture.Classes : 1000 }, model.Tensors.Values);
}
