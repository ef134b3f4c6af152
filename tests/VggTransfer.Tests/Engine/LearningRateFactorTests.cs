using System.Text.RegularExpressions;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Training;
using Legacy = VggTransfer.Keras.Optimizers.Legacy;

namespace VggTransfer.Tests.Engine;

/// <summary>
/// Oracle: each weight's rate is a number in its formula, so that the weights of a layer must be those of a training in which
/// the optimizer itself had that rate, as long as gradients don't depend on what the other layers became.
/// </summary>
[Collection(SerialEngine.Name)]
public sealed class LearningRateFactorTests
{
    private static readonly Batch s_batch = new(Networks.Noise(3, 6, 4), Networks.OneHot(3, 0, 1, 2, 0, 1, 2));

    public static TheoryData<string> Kinds => ["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad", "legacy rmsprop", "legacy adagrad"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_weight_with_a_factor_moves_as_with_that_rate(string kind)
    {
        // 0.25 and 0.5 are powers of two: the products are exact.
        foreach (Precision precision in (Precision[])[Precision.Float32, Precision.Float64])
        {
            Optimizer scaled = Create(kind, 0.5);
            scaled.ScaleLearningRate("^below/", 0.25);
            Dictionary<string, double[]> actual = AfterOneUpdate(scaled, precision);
            Dictionary<string, double[]> full = AfterOneUpdate(Create(kind, 0.5), precision);
            Dictionary<string, double[]> quarter = AfterOneUpdate(Create(kind, 0.125), precision);

            Assert.Equal(quarter["below/kernel"], actual["below/kernel"]);
            Assert.Equal(quarter["below/bias"], actual["below/bias"]);
            Assert.Equal(full["above/kernel"], actual["above/kernel"]);
            Assert.NotEqual(full["below/kernel"], actual["below/kernel"]);
        }
    }

    [Fact]
    public void Of_several_expressions_the_last_one_counts_alone()
    {
        var optimizer = new SGD(1);
        optimizer.ScaleLearningRate("conv", 0.5);
        optimizer.ScaleLearningRate("conv2d_1/", 0.25);
        optimizer.ScaleLearningRate("bias$", 2);
        Assert.Equal(0.5, optimizer.RateFactorOf("conv2d/kernel"));
        Assert.Equal(0.25, optimizer.RateFactorOf("conv2d_1/kernel"));
        Assert.Equal(2, optimizer.RateFactorOf("conv2d_1/bias"));
        Assert.Equal(1, optimizer.RateFactorOf("dense/kernel"));
    }

    [Fact]
    public void Weights_with_the_factor_0_stay_and_the_reported_rate_is_the_optimizers()
    {
        var optimizer = new AdamW(0.5, weightDecay: 0.1);
        optimizer.ScaleLearningRate("^below/", 0);
        using Sequential model = Create(optimizer, Precision.Float32);
        Dictionary<string, double[]> before = Networks.Weights(model.Network);
        StepResult result = model.CompiledNetwork.Train(s_batch, null);
        Dictionary<string, double[]> after = Networks.Weights(model.Network);

        Assert.Equal(before["below/kernel"], after["below/kernel"]);
        Assert.NotEqual(before["above/kernel"], after["above/kernel"]);
        Assert.Equal(0.5, result.LearningRate);
        Assert.Equal(0.5, optimizer.LearningRate);
    }

    [Fact]
    public void A_factor_of_1_changes_no_bit()
    {
        Optimizer scaled = new AdamW(1e-3);
        scaled.ScaleLearningRate(".", 1);
        Assert.Equal(AfterOneUpdate(new AdamW(1e-3), Precision.Float32), AfterOneUpdate(scaled, Precision.Float32));
    }

    [Fact]
    public void A_saved_model_keeps_its_factors()
    {
        using var folder = new TemporaryFolder();
        var optimizer = new SGD(0.5);
        optimizer.ScaleLearningRate("below", 0.25);
        optimizer.ScaleLearningRate("bias", 0);
        using Sequential model = Create(optimizer, Precision.Float32);
        model.Save(folder.File("m.safetensors"));
        using Model back = Model.Load(folder.File("m.safetensors"));
        Assert.Equal([("below", 0.25), ("bias", 0.0)], back.Optimizer.RateFactors);

        byte[] file = File.ReadAllBytes(folder.File("m.safetensors"));
        string text = Regex.Replace(System.Text.Encoding.Latin1.GetString(file), """(?<=factor[^:]+:)0\.25""", "-0.2");
        File.WriteAllBytes(folder.File("m.safetensors"), System.Text.Encoding.Latin1.GetBytes(text));
        Assert.Contains("learning rates of single weights", Assert.Throws<InvalidModelFileException>(() => Model.Load(folder.File("m.safetensors"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_factors_are_refused()
    {
        var optimizer = new SGD();
        Assert.Throws<ArgumentOutOfRangeException>("factor", () => optimizer.ScaleLearningRate("a", -1));
        Assert.Throws<ArgumentOutOfRangeException>("factor", () => optimizer.ScaleLearningRate("a", double.PositiveInfinity));
        Assert.ThrowsAny<ArgumentException>(() => optimizer.ScaleLearningRate("(", 1));
    }

    private static Dictionary<string, double[]> AfterOneUpdate(Optimizer optimizer, Precision precision)
    {
        using Sequential model = Create(optimizer, precision);
        model.CompiledNetwork.Train(s_batch, null);
        return Networks.Weights(model.Network);
    }

    private static Sequential Create(Optimizer optimizer, Precision precision) =>
        Networks.Compiled([new Input([4]), new Dense(5, "tanh", name: "below"), new Dense(3, name: "above")], optimizer: optimizer, precision: precision);

    private static Optimizer Create(string kind, double rate) => kind switch
    {
        "sgd" => new SGD(rate),
        "momentum" => new SGD(rate, 0.9),
        "nesterov" => new SGD(rate, 0.9, nesterov: true, weightDecay: 0.125),
        "adam" => new Adam(rate),
        "adamw" => new AdamW(rate, weightDecay: 0.125),
        "rmsprop" => new RMSprop(rate, momentum: 0.5),
        "adagrad" => new Adagrad(rate),
        "legacy rmsprop" => new Legacy.RMSprop(rate),
        "legacy adagrad" => new Legacy.Adagrad(rate),
        _ => throw new ArgumentException(kind),
    };
}
