using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>Oracle: the penalty's formula, factor * sum((w - w0)^2), and its gradient, worked by hand.</summary>
[Collection(SerialEngine.Name)]
public sealed class StartingPointTests
{
    private const double Factor = 0.25;
    private static readonly Batch s_batch = new(Networks.Noise(4, 5, 3), Networks.OneHot(2, 0, 1, 0, 1, 1));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_penalty_and_its_gradient_go_by_the_distance_from_the_start(bool clipsNorms)
    {
        using Sequential model = Create(new SGD(0.5, clipnorm: clipsNorms ? 1e6 : null), new L2StartingPoint(Factor));
        using Sequential plain = Create(new SGD(0.5), null);
        double[] start = model.Network.GetVariable("dense/kernel").ToDoubles();
        Assert.Equal(0, model.CompiledNetwork.Test(s_batch).RegularizationLoss);

        StepResult first = model.CompiledNetwork.Train(s_batch, null);
        plain.CompiledNetwork.Train(s_batch, null);
        double[] moved = model.Network.GetVariable("dense/kernel").ToDoubles();
        Assert.Equal(0, first.RegularizationLoss);
        Assert.Equal(plain.Network.GetVariable("dense/kernel").ToDoubles(), moved);

        double penalty = Factor * moved.Zip(start, (w, w0) => (w - w0) * (w - w0)).Sum();
        Assert.True(penalty > 1e-4);

        // It draws training back, and says nothing about how good the network is.
        Assert.Equal(0, model.CompiledNetwork.Test(s_batch).RegularizationLoss);
        double[] gradient = model.CompiledNetwork.Gradients(s_batch, null)["dense/kernel"].ToDoubles();
        double[] plainGradient = plain.CompiledNetwork.Gradients(s_batch, null)["dense/kernel"].ToDoubles();
        for (int i = 0; i < gradient.Length; i++)
        {
            Assert.Equal(plainGradient[i] + (2 * Factor * (moved[i] - start[i])), gradient[i], 1e-12);
        }

        StepResult second = model.CompiledNetwork.Train(s_batch, null);
        double[] again = model.Network.GetVariable("dense/kernel").ToDoubles();
        Assert.Equal(penalty, second.RegularizationLoss, 1e-12);
        for (int i = 0; i < gradient.Length; i++)
        {
            Assert.Equal(moved[i] - (0.5 * gradient[i]), again[i], 1e-12);
        }
    }

    [Fact]
    public void The_start_is_what_was_loaded_before_and_begins_anew_with_a_compilation()
    {
        using Sequential model = Create(new SGD(0.5), new L2StartingPoint(Factor));
        model.SetWeight("dense/kernel", NDArray.From([1.0, 2, 3, 4, 5, 6], 3, 2));
        Assert.Equal(0, model.CompiledNetwork.Test(s_batch).RegularizationLoss);
        model.SetWeight("dense/kernel", NDArray.From([1.0, 2, 3, 4, 5, 8], 3, 2));
        Assert.Equal(4 * Factor, model.CompiledNetwork.Train(s_batch, null).RegularizationLoss, 1e-12);
        model.Compile(new SGD(0.5), new CategoricalCrossentropy(fromLogits: true));
        Assert.Equal(0, model.CompiledNetwork.Train(s_batch, null).RegularizationLoss);
    }

    [Fact]
    public void A_frozen_weight_has_no_penalty()
    {
        using Sequential model = Create(new SGD(0.5), new L2StartingPoint(Factor));
        model.GetLayer("dense").Trainable = false;
        Assert.Equal(0, model.CompiledNetwork.Train(s_batch, null).RegularizationLoss);
        Assert.Equal(0, model.CompiledNetwork.Train(s_batch, null).RegularizationLoss);
    }

    [Fact]
    public void A_resumed_training_is_drawn_to_the_same_start()
    {
        using var folder = new TemporaryFolder();
        string[] expected = Fit("whole", null);
        Assert.Throws<KilledException>(() => Fit("killed", new Interruption(17)));
        Assert.Equal(expected, Fit("killed", null));

        string[] Fit(string name, Callback? disturbance)
        {
            using Sequential model = Create(new SGD(0.1, 0.9), new L2StartingPoint(1), Precision.Float32);
            NDArray x = Networks.Noise(7, 12, 3), y = Networks.OneHot(2, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0);
            var callbacks = new List<Callback> { new BackupAndRestore(folder.File(name), 1) };
            if (disturbance is not null)
            {
                callbacks.Add(disturbance);
            }

            History history = model.Fit(x, y, 3, 3, Verbosity.Silent, callbacks, cancellationToken: TestContext.Current.CancellationToken);
            return [.. history["loss"].Select(loss => loss.ToString("R", null)), .. model.GetWeights().SelectMany(weight => weight.ToSingles()).Select(value => value.ToString("R", null))];
        }
    }

    private static Sequential Create(Optimizer optimizer, Regularizer? regularizer, Precision precision = Precision.Float64) =>
        Networks.Compiled([new Input([3]), new Dense(2, kernelRegularizer: regularizer, name: "dense")], optimizer: optimizer, precision: precision);
}
