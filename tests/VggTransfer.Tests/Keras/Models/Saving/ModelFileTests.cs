using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Training;

namespace VggTransfer.Tests.Keras.Models;

public sealed class ModelFileTests
{
    private static readonly byte[][] s_tokens = [.. new[] { "0", "-1", "999999999", "1e300", "null", "[]", "{}", "\\\"x\\\"", "Conv2D", "Functional", "Sequential", "true", "relu" }.Select(System.Text.Encoding.UTF8.GetBytes)];
    private static readonly NDArray s_x = NDArray.From(Enumerable.Range(0, 8 * 6).Select(i => MathF.Sin(i)).ToArray(), 8, 6);
    private static readonly NDArray s_y = NDArray.From([0, 1, 2, 0, 1, 2, 0, 1]);

    [Fact]
    public void A_model_comes_back_with_layers_names_flags_and_weights()
    {
        using var folder = new TemporaryFolder();
        using Model model = Nested();
        model.GetLayer("base").Trainable = false;
        ((Model)model.GetLayer("base")).Layers[^1].Trainable = true;
        model.Save(folder.File("m"));

        using Model back = Model.Load(folder.File("m"));

        Assert.IsType<Sequential>(back);
        Assert.Equal(model.Name, back.Name);
        Assert.Equal(model.ToSummaryText(showTrainable: true, expandNested: true), back.ToSummaryText(showTrainable: true, expandNested: true));
        Assert.Equal(ModelConfig.Write(model).ToJsonString(), ModelConfig.Write(back).ToJsonString());
        AssertSameWeights(model, back);
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("rmsprop")]
    public void Training_goes_on_as_if_it_had_not_been_interrupted(string name)
    {
        using var folder = new TemporaryFolder();
        Optimizer optimizer = name switch
        {
            "sgd" => new SGD(new ExponentialDecay(0.1, 2, 0.5), momentum: 0.9, nesterov: true),
            "adam" => new Adam(0.01, amsgrad: true, weightDecay: 0.01),
            _ => new RMSprop(0.01, momentum: 0.5, centered: true),
        };
        optimizer.ExcludeFromWeightDecay("bias");
        using Model model = Classifier();
        model.Execution = new ExecutionOptions { Seed = 5 };
        model.Compile(optimizer, new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy", new SparseTopKCategoricalAccuracy(2)]);
        model.TrainOnBatch(s_x, s_y);
        model.TrainOnBatch(s_x, s_y);
        model.Save(folder.File("m"));

        using Model back = Model.Load(folder.File("m"));

        Assert.Equal(2, back.Optimizer.Iterations);
        for (int step = 0; step < 3; step++)
        {
            Assert.Equal(model.TrainOnBatch(s_x, s_y), back.TrainOnBatch(s_x, s_y));
        }

        AssertSameWeights(model, back);
    }

    [Fact]
    public void A_model_that_is_not_compiled_comes_back_uncompiled()
    {
        using var folder = new TemporaryFolder();
        using Model model = Classifier();
        model.Save(folder.File("m"));
        using Model back = Model.Load(folder.File("m"));
        Assert.Throws<InvalidOperationException>(() => back.Optimizer);

        model.Compile("sgd", "sparse_categorical_crossentropy");
        model.Save(folder.File("m"));
        using Model plain = Model.Load(folder.File("m"), compile: false);
        Assert.Throws<InvalidOperationException>(() => plain.Optimizer);
    }

    [Fact]
    public void A_model_built_from_outside_and_one_with_an_input_come_back()
    {
        using var folder = new TemporaryFolder();
        using var built = new Sequential { new Dense(3), new Dense(2) };
        built.Build(4);
        built.Save(folder.File("built"));
        using var functional = new Functional(new Input([4], "x"), [new Dense(3)], "f");
        functional.Save(folder.File("functional"));

        using Model first = Model.Load(folder.File("built"));
        using Model second = Model.Load(folder.File("functional"));

        AssertSameWeights(built, first);
        Assert.IsType<Functional>(second);
        Assert.Equal(["x", "dense"], second.Layers.Select(layer => layer.Name));
    }

    [Fact]
    public void The_same_model_gives_the_same_bytes_and_a_failed_write_leaves_the_old_file()
    {
        using var folder = new TemporaryFolder();
        using Model model = Classifier();
        model.Save(folder.File("a"));
        model.Save(folder.File("b"));
        Assert.Equal(File.ReadAllBytes(folder.File("a")), File.ReadAllBytes(folder.File("b")));
        using var own = new Sequential { new Dense(3, kernelInitializer: new Own(), inputShape: [2]) };
        Assert.Throws<NotSupportedException>(() => own.Save(folder.File("a")));
        Assert.Equal(File.ReadAllBytes(folder.File("b")), File.ReadAllBytes(folder.File("a")));
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public void A_file_of_weights_alone_is_no_model()
    {
        using var folder = new TemporaryFolder();
        using Model model = Classifier();
        model.SaveWeights(folder.File("w.safetensors"));
        Assert.Contains("use LoadWeights", Assert.Throws<InvalidModelFileException>(() => Model.Load(folder.File("w.safetensors"))).Message, StringComparison.Ordinal);
    }

    /// <summary>Whatever the configuration says, the end is a model or our exception, and no more memory than the file accounts for.</summary>
    [Fact]
    public void Damaged_files_are_refused_in_one_sentence()
    {
        using var folder = new TemporaryFolder();
        using (Model model = Classifier())
        {
            model.Compile(new Adam(new CosineDecay(0.1, 5)), "sparse_categorical_crossentropy", ["accuracy"]);
            model.TrainOnBatch(s_x, s_y);
            model.Save(folder.File("m"));
        }

        byte[] sound = File.ReadAllBytes(folder.File("m"));
        int header = (int)BitConverter.ToInt64(sound);
        var random = new Random(1);
        int read = 0;
        const int Inputs = 800;
        for (int input = 0; input < Inputs; input++)
        {
            var text = sound[8..(8 + header)].ToList();
            for (int change = random.Next(1, 3); change > 0; change--)
            {
                int position = random.Next(text.Count);
                byte[] token = s_tokens[random.Next(s_tokens.Length)];
                switch (random.Next(3))
                {
                    case 0:
                        text[position] = (byte)random.Next(32, 127);
                        break;
                    case 1:
                        text.RemoveRange(position, Math.Min(token.Length, text.Count - position));
                        text.InsertRange(position, token);
                        break;
                    default:
                        int digit = text.FindIndex(position, character => character is >= (byte)'0' and <= (byte)'9');
                        if (digit >= 0)
                        {
                            text.RemoveAt(digit);
                            text.InsertRange(digit, token);
                        }

                        break;
                }
            }

            byte[] bytes = [.. BitConverter.GetBytes((long)text.Count), .. text, .. sound[(8 + header)..]];
            File.WriteAllBytes(folder.File("x"), bytes);
            read += Fuzz.IsRead(input, () => Model.Load(folder.File("x")).Dispose()) ? 1 : 0;
        }

        Assert.InRange(read, 1, Inputs / 2);
    }

    private static Sequential Classifier() =>
    [
        new Dense(5, "relu", kernelRegularizer: new L2(0.01), inputShape: [6]),
        new BatchNormalization(),
        new Dropout(0.25),
        new Dense(3),
    ];

    private static Sequential Nested() => new([
        new Functional(new Input((32, 32, 3)), [new Conv2D(4, (3, 3), padding: "same"), new BatchNormalization(), new ReLU(), new MaxPooling2D(), new Conv2D(2, (1, 1), name: "last")], "base"),
        new GlobalAveragePooling2D(),
        new Dense(2, "softmax"),
    ], "whole");

    private static void AssertSameWeights(Model expected, Model actual)
    {
        Assert.Equal(expected.WeightNames, actual.WeightNames);
        Assert.All(expected.WeightNames, name => Assert.Equal(expected.GetWeight(name).ToDoubles(), actual.GetWeight(name).ToDoubles()));
    }

    private sealed class Own : VggTransfer.Keras.Initializers.Initializer
    {
        public override NDArray Create(IReadOnlyList<int> shape, ulong seed) => new VggTransfer.Keras.Initializers.Zeros().Create(shape, seed);
    }
}
