using VggTransfer.Architectures;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;
using VggTransfer.Parity.Weights;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.KerasFiles;
using VggTransfer.Training;
using VggTransfer.Weights;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Keras.Models;

public sealed class WeightsOnlyFileTests
{
    // What tf_keras's goldens were made with: 1/32 of the paper's width.
    private static readonly VggArchitecture s_golden = new() { WidthMultiplier = 1.0 / 32, InputSize = 64, DenseUnits = 48, Classes = 7, Dropout = 0, BatchNormEpsilon = 1e-3 };

    [Theory]
    [InlineData("w.safetensors")]
    [InlineData("w.h5")]
    [InlineData("w.hdf5")]
    public void Weights_come_back_bit_for_bit(string name)
    {
        using var folder = new TemporaryFolder();
        using Model model = Transfer(seed: 1);
        using Model other = Transfer(seed: 2);
        Assert.NotEqual(model.GetWeight("base/conv2d/kernel").ToSingles(), other.GetWeight("base/conv2d/kernel").ToSingles());
        model.SaveWeights(folder.File(name));
        other.LoadWeights(folder.File(name));
        Assert.All(model.WeightNames, weight => Assert.Equal(model.GetWeight(weight).ToSingles(), other.GetWeight(weight).ToSingles()));
    }

    [Fact]
    public void Safetensors_have_Kerass_names_and_layouts()
    {
        using var folder = new TemporaryFolder();
        using Model model = Transfer(seed: 1);
        model.SaveWeights(folder.File("w.safetensors"));
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("w.safetensors"));
        Assert.Equal(model.WeightNames, file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([3, 3, 3, 4], file.Find("base/conv2d/kernel")!.Shape);
        Assert.Equal([4, 2], file.Find("dense/kernel")!.Shape);
    }

    [Fact]
    public void A_whole_models_file_gives_its_weights_too()
    {
        using var folder = new TemporaryFolder();
        using Model model = Transfer(seed: 1);
        using Model other = Transfer(seed: 2);
        model.Save(folder.File("m"));
        other.LoadWeights(folder.File("m"));
        Assert.Equal(model.GetWeight("dense/kernel").ToSingles(), other.GetWeight("dense/kernel").ToSingles());
    }

    [Fact]
    public void Double_precision_survives_safetensors()
    {
        using var folder = new TemporaryFolder();
        using var model = new Sequential { new Dense(1, inputShape: [1]) };
        model.Execution = new ExecutionOptions { Precision = Precision.Float64 };
        model.SetWeight("dense/kernel", NDArray.From([1.0 / 3], 1, 1));
        model.SaveWeights(folder.File("w.safetensors"));
        using var other = new Sequential { new Dense(1, inputShape: [1]) };
        other.Execution = new ExecutionOptions { Precision = Precision.Float64 };
        other.LoadWeights(folder.File("w.safetensors"));
        Assert.Equal([1.0 / 3], other.GetWeight("dense/kernel").ToDoubles());
    }

    [Theory]
    [InlineData("w.safetensors")]
    [InlineData("w.h5")]
    public void Files_of_another_model_are_refused_and_nothing_is_replaced(string name)
    {
        using var folder = new TemporaryFolder();
        using var one = new Sequential { new Dense(3, inputShape: [2]), new Dense(2) };
        one.SaveWeights(folder.File(name));
        string Refusal(params Layer[] layers)
        {
            using var other = new Sequential(layers);
            float[] before = other.GetWeights()[0].ToSingles();
            string message = Assert.Throws<InvalidModelFileException>(() => other.LoadWeights(folder.File(name))).Message;
            Assert.Equal(before, other.GetWeights()[0].ToSingles());
            return message;
        }

        Assert.Contains("dense", Refusal(new Dense(3, inputShape: [2]), new Dense(4)), StringComparison.Ordinal);
        Assert.Contains("another model", Refusal(new Dense(3, inputShape: [2]), new Dense(2), new Dense(2)), StringComparison.Ordinal);
        Assert.NotEmpty(Refusal(new Dense(3, inputShape: [2])));
        Assert.NotEmpty(Refusal(new Dense(3, useBias: false, inputShape: [2]), new Dense(2)));
    }

    [Fact]
    public void Weights_are_set_by_name_and_shape()
    {
        using var model = new Sequential { new Dense(3, inputShape: [2]) };
        model.SetWeights([NDArray.From([1f, 2, 3, 4, 5, 6], 2, 3), NDArray.From([7f, 8, 9], 3)]);
        Assert.Equal([1f, 2, 3, 4, 5, 6], model.GetWeight("dense/kernel").ToSingles());
        Assert.Equal([7f, 8, 9], model.GetWeights()[1].ToSingles());
        Assert.Contains("dense/kernel", Assert.Throws<ArgumentException>(() => model.GetWeight("dense_1/kernel")).Message, StringComparison.Ordinal);
        Assert.Contains("(2, 3)", Assert.Throws<ArgumentException>(() => model.SetWeight("dense/kernel", NDArray.From([1f, 2], 2, 1))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.SetWeights([NDArray.From([1f], 1)]));
        Assert.Throws<ArgumentException>(() => model.SaveWeights("w.txt"));
    }

    /// <summary>Oracle: tf_keras wrote the file and computed the outputs.</summary>
    [Theory]
    [InlineData("vgg16.functional.weights_only.h5")]
    [InlineData("vgg16.functional.full.h5")]
    [InlineData("notebook.weights_only.h5")]
    [InlineData("vgg16_bn.weights_only.h5")]
    [InlineData("nested.weights_only.h5")]
    [InlineData("nested_partly_frozen.weights_only.h5")]
    [InlineData("nested_partly_frozen.full.h5")]
    public void Files_of_Keras_give_the_outputs_of_Keras(string file)
    {
        string folder = Path.GetDirectoryName(SharedData.Require($"goldens/weights/tf_keras/{file}"))!;
        WeightsGolden golden = WeightsGolden.Items(folder).Select(WeightsGolden.Parse).Single(item => item.File == file);
        using var values = GoldenValues.Open(folder);
        GoldenInput input = values.FindInput(golden.Input!)!;
        using Model model = golden.Golden switch
        {
            "vgg16" => Applications.Vgg(s_golden, new VggModelOptions { Naming = SummaryStyle.Applications }),
            "notebook" => Applications.Vgg(s_golden with { InputSize = 32, FifthPool = false, Classes = 10, Dropout = 0.5 }),
            "vgg16_bn" => Applications.Vgg(s_golden with { BatchNorm = true }),
            _ => new Sequential
            {
                Applications.Vgg(s_golden with { IncludeTop = false }, new VggModelOptions { Naming = SummaryStyle.Applications }),
                new Flatten(),
                new Dense(40, "relu"),
                new Dropout(0.5),
                new Dense(3),
            },
        };

        model.LoadWeights(Path.Combine(folder, file));

        float[] logits = model.PredictOnBatch(ToKeras(input)).ToSingles();
        Near.Assert(values.Find($"{golden.Golden}.logits")!, logits, 1e-4);
    }

    /// <summary>Oracle: our reader of Keras files, which the real tools' files have proven, recognises ours.</summary>
    [Fact]
    public void A_written_h5_is_Kerass()
    {
        using var folder = new TemporaryFolder();
        VggArchitecture architecture = s_golden with { BatchNorm = true };
        using VggModel weights = RandomModels.Create(architecture);
        using Model model = Applications.Vgg(architecture, new VggModelOptions { Naming = SummaryStyle.Applications });
        model.LoadWeights(weights);
        model.SaveWeights(folder.File("w.h5"));
        using WeightsContent content = WeightsFile.Read(folder.File("w.h5"), new WeightsReadOptions { InputSize = 64 });
        RandomModels.AssertSameTensors(weights, new VggModel(content.Model.Architecture with { Dropout = 0 }, content.Model.Tensors.Values));
    }

    /// <summary>Oracle: the layout that Keras 2's load_weights goes through, as h5py sees it.</summary>
    [Fact]
    public void A_models_group_lists_trainable_weights_first()
    {
        using var folder = new TemporaryFolder();
        using Model model = Transfer(seed: 1);
        ((Model)model.GetLayer("base")).GetLayer("conv2d").Trainable = false;
        model.SaveWeights(folder.File("w.h5"));
        string output = H5py.Run(
            """
            import sys, h5py
            with h5py.File(sys.argv[1]) as file:
                print([name.decode() for name in file.attrs['layer_names']])
                print([name.decode() for name in file['base'].attrs['weight_names']])
                print(file['base/conv2d/kernel:0'].shape, file['dense/dense/bias:0'].shape, len(file['global_average_pooling2d'].attrs['weight_names']))
            """,
            folder.File("w.h5"));
        Assert.Equal(
            """
            ['base', 'global_average_pooling2d', 'dense']
            ['batch_normalization/gamma:0', 'batch_normalization/beta:0', 'conv2d/kernel:0', 'conv2d/bias:0', 'batch_normalization/moving_mean:0', 'batch_normalization/moving_variance:0']
            (3, 3, 3, 4) (2,) 0
            """,
            output.Trim());
    }

    private static Sequential Transfer(int seed)
    {
        var model = new Sequential
        {
            new Functional(new Input((8, 8, 3)), [new Conv2D(4, (3, 3)), new BatchNormalization(), new ReLU()], "base"),
            new GlobalAveragePooling2D(),
            new Dense(2),
        };
        model.Execution = new ExecutionOptions { Seed = seed };
        return model;
    }

    private static NDArray ToKeras(GoldenInput input)
    {
        float[] values = new float[input.Values.Length];
        int places = input.Side * input.Side;
        for (int i = 0; i < values.Length; i++)
        {
            (int image, int rest) = Math.DivRem(i, 3 * places);
            (int channel, int place) = Math.DivRem(rest, places);
            values[(((image * places) + place) * 3) + channel] = input.Values[i];
        }

        return NDArray.From(values, input.Count, input.Side, input.Side, 3);
    }
}
