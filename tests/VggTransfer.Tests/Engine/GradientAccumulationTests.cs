using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>Oracle: the update of one big batch, whose gradient is the mean of those of its equal parts.</summary>
[Collection(SerialEngine.Name)]
public sealed class GradientAccumulationTests
{
    private const int Parts = 3;
    private static readonly NDArray s_x = Networks.Noise(11, 12, 4);
    private static readonly NDArray s_y = Networks.OneHot(3, 0, 1, 2, 0, 1, 2, 2, 1, 0, 1, 1, 0);

    public static TheoryData<string> Kinds => ["sgd", "momentum clipped", "adam", "adamw averaged"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_mean_of_parts_makes_the_update_of_the_whole(string kind)
    {
        using Sequential whole = Create(Create(kind));
        Optimizer optimizer = Create(kind);
        optimizer.GradientAccumulationSteps = Parts;
        using Sequential parts = Create(optimizer);

        for (int update = 0; update < 4; update++)
        {
            double penalty = whole.CompiledNetwork.Train(new Batch(s_x, s_y), null).RegularizationLoss;
            Dictionary<string, double[]> before = Networks.Weights(parts.Network);
            for (int part = 0; part < Parts; part++)
            {
                Assert.Equal(update, optimizer.Iterations);
                Assert.Equal(before, Networks.Weights(parts.Network));
                StepResult result = parts.CompiledNetwork.Train(new Batch(s_x.Rows(part * 4, 4), s_y.Rows(part * 4, 4)), null);
                Assert.Equal(penalty, result.RegularizationLoss, 1e-12);
                Assert.Equal(new ExponentialDecay(0.05, 1, 0.5).At(update), (float)result.LearningRate);
            }
        }

        foreach ((string name, double[] values) in Networks.Weights(whole.Network))
        {
            Assert.All(values.Zip(parts.Network.GetVariable(name).ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-10));
        }

        IReadOnlyDictionary<string, NDArray> slots = parts.CompiledNetwork.GetOptimizerState();
        foreach ((string name, NDArray values) in whole.CompiledNetwork.GetOptimizerState())
        {
            Assert.All(values.ToDoubles().Zip(slots[name].ToDoubles()), pair => Assert.Equal(pair.First, pair.Second, 1e-10));
        }
    }

    [Fact]
    public void Dropout_differs_from_step_to_step_of_an_update()
    {
        using Sequential model = Networks.Compiled([new Input([4]), new Dense(16), new Dropout(0.5), new Dense(3)], optimizer: new SGD(0.1) { GradientAccumulationSteps = 3 });
        var batch = new Batch(s_x, s_y);
        double[] losses = [.. Enumerable.Range(0, 3).Select(_ => model.CompiledNetwork.Train(batch, null).Loss)];
        Assert.Equal(3, losses.Distinct().Count());
    }

    [Fact]
    public void A_training_that_is_killed_within_an_update_ends_as_if_it_had_not_been()
    {
        // 5 steps an epoch, 3 steps an update: updates go over the ends of epochs.
        static Optimizer Accumulating() => new Adam(new ExponentialDecay(0.01, 3, 0.8), useEma: true) { GradientAccumulationSteps = 3 };
        using var whole = new SmallTraining();
        var counter = new Interruption(-1);
        SmallTraining.Outcome expected = whole.Run(1, counter, optimizer: Accumulating());
        for (int at = 5; at < counter.Calls; at += 7)
        {
            using var killed = new SmallTraining();
            Assert.Throws<KilledException>(() => killed.Run(1, new Interruption(at), optimizer: Accumulating()));
            Assert.Equal(expected, killed.Run(1, optimizer: Accumulating()));
        }
    }

    [Fact]
    public void A_saved_model_goes_on_within_its_update()
    {
        using var folder = new TemporaryFolder();
        using Sequential model = Create(new SGD(0.1) { GradientAccumulationSteps = 3 });
        var batch = new Batch(s_x, s_y);
        model.CompiledNetwork.Train(batch, null);
        model.Save(folder.File("m.safetensors"));
        using Model back = Model.Load(folder.File("m.safetensors"), execution: model.Execution);
        Assert.Equal(3, back.Optimizer.GradientAccumulationSteps);
        for (int i = 0; i < 2; i++)
        {
            model.CompiledNetwork.Train(batch, null);
            back.CompiledNetwork.Train(batch, null);
        }

        Assert.Equal(1, back.Optimizer.Iterations);
        Assert.Equal(Networks.Weights(model.Network), Networks.Weights(back.Network));
    }

    [Fact]
    public void The_state_of_other_steps_is_refused()
    {
        using Sequential three = Create(new SGD(0.1) { GradientAccumulationSteps = 3 });
        using Sequential two = Create(new SGD(0.1) { GradientAccumulationSteps = 2 });
        using Sequential one = Create(new SGD(0.1));
        three.CompiledNetwork.Train(new Batch(s_x, s_y), null);
        three.CompiledNetwork.Train(new Batch(s_x, s_y), null);
        IReadOnlyDictionary<string, NDArray> state = three.CompiledNetwork.GetOptimizerState();
        Assert.Contains("2 steps", Assert.Throws<ArgumentException>(() => two.CompiledNetwork.SetOptimizerState(state)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => one.CompiledNetwork.SetOptimizerState(state));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SGD { GradientAccumulationSteps = 0 });
    }

    private static Sequential Create(Optimizer optimizer) =>
        Networks.Compiled([new Input([4]), new Dense(5, "tanh", kernelRegularizer: new L2(0.1)), new Dense(3, kernelRegularizer: new L1(0.01))], optimizer: optimizer);

    private static Optimizer Create(string kind)
    {
        LearningRate rate = new ExponentialDecay(0.05, 1, 0.5);
        return kind switch
        {
            "sgd" => new SGD(rate),
            "momentum clipped" => new SGD(rate, 0.9, nesterov: true, clipnorm: 0.1),
            "adam" => new Adam(rate),
            "adamw averaged" => new AdamW(rate, useEma: true, emaMomentum: 0.5, emaOverwriteFrequency: 2, clipvalue: 0.05),
            _ => throw new ArgumentException(kind),
        };
    }
}
